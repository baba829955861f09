"""Azure's own service tags by name: known words that need no declaration (azure-network-semantics section 3.3)."""

from __future__ import annotations

COMPUTED = ("Internet", "VirtualNetwork", "AzureLoadBalancer", "AzureManagement")
CLASSIC = {"internet": "Internet", "virtual_network": "VirtualNetwork", "azure_loadbalancer": "AzureLoadBalancer"}
BASE_TAGS = (
    "ActionGroup", "ApiManagement", "AppConfiguration", "AppService", "AppServiceManagement", "AutonomousDevelopmentPlatform",
    "AzureActiveDirectory", "AzureActiveDirectoryDomainServices", "AzureAdvancedThreatProtection", "AzureArcInfrastructure",
    "AzureAttestation", "AzureBackup", "AzureBotService", "AzureCloud", "AzureCognitiveSearch", "AzureConnectors",
    "AzureContainerAppsService", "AzureContainerRegistry", "AzureCosmosDB", "AzureDatabricks", "AzureDataExplorerManagement",
    "AzureDataLake", "AzureDeviceUpdate", "AzureDevOps", "AzureDevSpaces", "AzureDigitalTwins", "AzureEventGrid",
    "AzureFrontDoor", "AzureHealthcareAPIs", "AzureInformationProtection", "AzureIoTHub", "AzureKeyVault", "AzureLoadTestingInstanceManagement",
    "AzureMachineLearning", "AzureManagedGrafana", "AzureMonitor", "AzureMonitorForSAP", "AzureOpenDatasets", "AzurePlatformDNS",
    "AzurePlatformIMDS", "AzurePlatformLKM", "AzureResourceManager", "AzureSecurityCenter", "AzureSentinel", "AzureSignalR",
    "AzureSiteRecovery", "AzureSphere", "AzureSpringCloud", "AzureStack", "AzureTrafficManager", "AzureUpdateDelivery",
    "AzureVideoAnalyzerForMedia", "AzureWebPubSub", "BatchNodeManagement", "ChaosStudio", "CognitiveServicesFrontend",
    "CognitiveServicesManagement", "DataFactory", "DataFactoryManagement", "Dynamics365ForMarketingEmail", "EOPExternalPublishedIPs",
    "EventHub", "GatewayManager", "GenevaActions", "GuestAndHybridManagement", "HDInsight", "KustoAnalytics", "LogicApps",
    "LogicAppsManagement", "M365ManagementActivityApi", "Marketplace", "MicrosoftAzureFluidRelay", "MicrosoftCloudAppSecurity",
    "MicrosoftContainerRegistry", "MicrosoftDefenderForEndpoint", "OneDsCollector", "PowerBI", "PowerPlatformInfra",
    "PowerPlatformPlex", "PowerQueryOnline", "Scuba", "SecurityCopilot", "SerialConsole", "ServiceBus", "ServiceFabric", "Sql",
    "SqlManagement", "Storage", "StorageMover", "StorageSyncService", "TrafficManager", "VideoIndexer", "WindowsAdminCenter",
    "WindowsUpdate", "WindowsVirtualDesktop",
)  # fmt: skip
_CANONICAL = {name.lower(): name for name in (*COMPUTED, *BASE_TAGS)}


def is_azure_tag(text: str) -> bool:
    """Whether a word is a service tag of Azure, with or without a region after a dot, in any letter case."""
    lower = text.lower()
    return lower in CLASSIC or lower in _CANONICAL or lower.split(".", 1)[0] in _CANONICAL


def canonical_tag(text: str) -> str:
    """Azure's own spelling of a tag; a region keeps its spelling."""
    lower = text.lower()
    if lower in CLASSIC:
        return CLASSIC[lower]
    base, dot, region = text.partition(".")
    return _CANONICAL.get(lower) or f"{_CANONICAL.get(base.lower(), base)}{dot}{region}"
