"""Every real file is imported, or refused in one precise sentence, and soon."""

import pytest

from tests.importers.table import KINDS, files, row
from tests.recorded.sessions import ABSENT, CORPUS


@pytest.mark.skipif(not CORPUS.exists(), reason=ABSENT)
@pytest.mark.parametrize("kind", KINDS)
def test_real_files_are_imported_or_refused_in_one_sentence_within_five_seconds(kind):
    rows = [row(path) for path in files([kind])]
    assert rows
    assert [one.path.name for one in rows if one.seconds > 5] == []
    refused = [one.why for one in rows if one.outcome == "refused"]
    assert [why for why in refused if len(why) > 300 or "\n" in why or not why] == []


@pytest.mark.skipif(not CORPUS.exists(), reason=ABSENT)
def test_no_real_template_and_no_real_plan_is_refused():
    rows = [row(path) for kind in ("ase_arm", "nsg_arm", "tf_plan") for path in files([kind])]
    refused = {one.path.name: one.why for one in rows if one.outcome == "refused"}
    none = ("parameter file", "settings file", "JSON without `resources`", "no resource of Azure's")
    assert {name: why for name, why in refused.items() if not any(each in why for each in none)} == {}
