"""Foreign files as syntax nodes: templates, REST and `az` JSON, Terraform plans and states, recorded sessions, service tags.

Every source becomes the same two things on its way: a JSON tree whose values know where they stand
(`asever.importers.tree`), and a list of Azure resources (`asever.importers.resources`). What the resources mean for the
network is said once, for all sources.
"""
