"""Azure's own service tags by name: known words that need no declaration (azure-network-semantics section 3.3)."""

from __future__ import annotations

COMPUTED = ("Internet", "VirtualNetwork", "AzureLoadBalancer", "AzureManagement")
"""Words whose content this tool works out; a program cannot define them. `AzureManagement` is the language's own."""

# The spellings of classic networks (azure-network-semantics section 2.4).
_CLASSIC = {"virtual_network": "VirtualNetwork", "azure_loadbalancer": "AzureLoadBalancer"}

NOT_IN_ROUTES = frozenset(
    {
        "AzureManagement", "AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM", "VirtualNetwork", "AzureLoadBalancer",
        "Internet",
    }
)  # fmt: skip
"""Tags that Azure refuses in user-defined routes (azure-network-semantics section 5.3)."""

ENDPOINT_SERVICES = {
    "storage": "Storage",
    "storage.global": "Storage",
    "sql": "Sql",
    "azurecosmosdb": "AzureCosmosDB",
    "keyvault": "AzureKeyVault",
    "servicebus": "ServiceBus",
    "eventhub": "EventHub",
    "web": "AppService",
    "cognitiveservices": "CognitiveServicesManagement",
    "containerregistry": "AzureContainerRegistry",
    "azureactivedirectory": "AzureActiveDirectory",
}
"""Services of service endpoints, as Azure writes them after `Microsoft.`, and their tags (section 9.2)."""

BASE_TAGS = (
    "ActionGroup", "ApiManagement", "AppConfiguration", "ApplicationInsightsAvailability", "AppService",
    "AppServiceManagement", "AutonomousDevelopmentPlatform", "AzureActiveDirectory", "AzureActiveDirectoryDomainServices",
    "AzureAdvancedThreatProtection", "AzureAPIForFHIR", "AzureArcInfrastructure", "AzureAttestation", "AzureBackup",
    "AzureBotService", "AzureCloud", "AzureCognitiveSearch", "AzureConnectors", "AzureContainerAppsService",
    "AzureContainerRegistry", "AzureCosmosDB", "AzureDatabricks", "AzureDataExplorerManagement", "AzureDataLake",
    "AzureDeviceUpdate", "AzureDevOps", "AzureDevSpaces", "AzureDigitalTwins", "AzureEventGrid", "AzureFrontDoor",
    "AzureHealthcareAPIs", "AzureInformationProtection", "AzureIoTHub", "AzureKeyVault", "AzureLoadTestingInstanceManagement",
    "AzureMachineLearning", "AzureMachineLearningInference", "AzureManagedGrafana", "AzureMonitor", "AzureMonitorForSAP",
    "AzureOpenDatasets", "AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM", "AzurePortal", "AzureResourceManager",
    "AzureSecurityCenter", "AzureSentinel", "AzureSignalR", "AzureSiteRecovery", "AzureSphere", "AzureSpringCloud",
    "AzureStack", "AzureTrafficManager", "AzureUpdateDelivery", "AzureVideoAnalyzerForMedia", "AzureWebPubSub",
    "BatchNodeManagement", "ChaosStudio", "CognitiveServicesFrontend", "CognitiveServicesManagement", "CorpNetPublic",
    "CorpNetSaw", "DataFactory", "DataFactoryManagement", "Dynamics365BusinessCentral", "Dynamics365ForMarketingEmail",
    "EOPExternalPublishedIPs", "EventHub", "GatewayManager", "GenevaActions", "Grafana", "GuestAndHybridManagement",
    "HDInsight", "IoTHub", "KustoAnalytics", "LogicApps", "LogicAppsManagement", "M365ManagementActivityApi",
    "M365ManagementActivityApiWebhook", "Marketplace", "MicrosoftAzureFluidRelay", "MicrosoftCloudAppSecurity",
    "MicrosoftContainerRegistry", "MicrosoftDefenderForEndpoint", "MicrosoftPurviewPolicyDistribution", "OneDsCollector",
    "PowerBI", "PowerPlatformInfra", "PowerPlatformPlex", "PowerQueryOnline", "SCCservice", "Scuba", "SecurityCopilot",
    "SerialConsole", "ServiceBus", "ServiceFabric", "Sql", "SqlManagement", "Storage", "StorageMover", "StorageSyncService",
    "TrafficManager", "VideoIndexer", "WindowsAdminCenter", "WindowsUpdate", "WindowsVirtualDesktop",
)  # fmt: skip
"""Names of Azure's tags without a region."""

_CANONICAL = {name.casefold(): name for name in (*COMPUTED, *BASE_TAGS)} | _CLASSIC
_REGIONAL = frozenset(name.casefold() for name in BASE_TAGS)


def is_azure_tag(text: str) -> bool:
    """Whether a word is a service tag of Azure, with or without a region after a dot, in any letter case."""
    lower = text.casefold()
    base, dot, region = lower.partition(".")
    return lower in _CANONICAL or bool(dot and region and base in _REGIONAL)


def canonical_tag(text: str) -> str:
    """Azure's own spelling of a tag; a region keeps its spelling, and so does what is no tag of Azure."""
    base, dot, region = text.partition(".")
    return f"{_CANONICAL.get(base.casefold(), base)}{dot}{region}"
