namespace Mesh.Broker.Access;

/// <summary>Chooses entries: null and <c>Any</c> leave a part open.</summary>
internal sealed record AclFilter(
    AclResourceType ResourceType, string? ResourceName, AclPatternType PatternType, string? Principal, string? Host, AclOperation Operation, AclPermission Permission)
{
    /// <summary>Whether it can choose anything: a part nobody knows is an error (KIP-140).</summary>
    public bool IsValid =>
        ResourceType is > AclResourceType.Unknown and <= AclResourceType.TransactionalId
        && PatternType is > AclPatternType.Unknown and <= AclPatternType.Prefixed
        && Operation is > AclOperation.Unknown and <= AclOperation.IdempotentWrite
        && Permission is > AclPermission.Unknown and <= AclPermission.Allow;

    public bool Matches(AclEntry entry) =>
        (ResourceType == AclResourceType.Any || ResourceType == entry.ResourceType)
        && MatchesPattern(entry)
        && (Principal is null || Principal == entry.Principal)
        && (Host is null || Host == entry.Host)
        && (Operation == AclOperation.Any || Operation == entry.Operation)
        && (Permission == AclPermission.Any || Permission == entry.Permission);

    private bool MatchesPattern(AclEntry entry) => PatternType switch
    {
        AclPatternType.Match => ResourceName is null || entry.AppliesTo(ResourceName),
        AclPatternType.Any => ResourceName is null || ResourceName == entry.ResourceName,
        _ => PatternType == entry.PatternType && (ResourceName is null || ResourceName == entry.ResourceName),
    };
}
