namespace Mesh.Broker.Access;

/// <summary>
/// Decides what a principal may do (KIP-11). A super user may do everything; otherwise what denies wins over what allows, and a resource
/// that no entry is about is open or closed as the options say.
/// </summary>
/// <param name="entries">The access control entries.</param>
/// <param name="superUsers">Names of super users.</param>
/// <param name="allowWithoutEntry">Whether a resource that no entry is about is open (Kafka's <c>allow.everyone.if.no.acl.found</c>).</param>
internal sealed class Authoriser(AclStore entries, IReadOnlyCollection<string> superUsers, bool allowWithoutEntry)
{
    private readonly HashSet<string> superUsers = [.. superUsers];

    /// <summary>Whether <paramref name="principal"/> may carry out an operation on a resource.</summary>
    public bool Allows(Principal principal, AclOperation operation, AclResourceType type, string name)
    {
        if (IsFree(principal)) return true;
        string user = principal.ToString();
        bool any = false, allowed = false;
        foreach (var entry in entries.About(type, name))
        {
            any = true;
            if (!entry.Covers(operation) || !entry.IsAbout(principal, user)) continue;
            if (entry.Permission == AclPermission.Deny) return false;
            allowed = true;
        }

        return allowed || (!any && allowWithoutEntry);
    }

    /// <summary>Whether the principal may carry out an operation on the cluster.</summary>
    public bool AllowsCluster(Principal principal, AclOperation operation) => Allows(principal, operation, AclResourceType.Cluster, AclEntry.ClusterName);

    /// <summary>Whether the principal may carry out an operation on a topic.</summary>
    public bool AllowsTopic(Principal principal, AclOperation operation, string topic) => Allows(principal, operation, AclResourceType.Topic, topic);

    /// <summary>Whether the principal may create a topic.</summary>
    public bool AllowsCreating(Principal principal, string topic) => AllowsCluster(principal, AclOperation.Create) || AllowsTopic(principal, AclOperation.Create, topic);

    /// <summary>Whether the principal may carry out an operation on a consumer group.</summary>
    public bool AllowsGroup(Principal principal, AclOperation operation, string group) => Allows(principal, operation, AclResourceType.Group, group);

    /// <summary>Whether there is any topic that the principal may write to (KIP-679): then it may have a producer id.</summary>
    public bool AllowsWritingSomewhere(Principal principal)
    {
        if (IsFree(principal)) return true;
        string user = principal.ToString();
        var about = entries.Entries.Where(entry => entry.ResourceType == AclResourceType.Topic && entry.Covers(AclOperation.Write) && entry.IsAbout(principal, user)).ToList();
        var denied = about.Where(static entry => entry.Permission == AclPermission.Deny).ToList();
        if (denied.Exists(static entry => entry is { PatternType: AclPatternType.Literal, ResourceName: AclEntry.Wildcard })) return false;
        return allowWithoutEntry || about.Exists(allowed => allowed.Permission == AclPermission.Allow && !denied.Exists(deny => Dominates(deny, allowed)));
    }

    /// <summary>The operations a principal may carry out on a resource, as a bit for each (KIP-430).</summary>
    public int AllowedOperations(Principal principal, AclResourceType type, string name)
    {
        ReadOnlySpan<AclOperation> possible = type switch
        {
            AclResourceType.Topic =>
            [
                AclOperation.Read, AclOperation.Write, AclOperation.Create, AclOperation.Delete, AclOperation.Alter, AclOperation.Describe,
                AclOperation.DescribeConfigs, AclOperation.AlterConfigs,
            ],
            AclResourceType.Group => [AclOperation.Read, AclOperation.Delete, AclOperation.Describe],
            _ =>
            [
                AclOperation.Create, AclOperation.Alter, AclOperation.Describe, AclOperation.ClusterAction, AclOperation.DescribeConfigs,
                AclOperation.AlterConfigs, AclOperation.IdempotentWrite,
            ],
        };
        int bits = 0;
        foreach (var operation in possible)
        {
            if (Allows(principal, operation, type, name)) bits |= 1 << (int)operation;
        }

        return bits;
    }

    private static bool Dominates(AclEntry deny, AclEntry allowed) => deny.PatternType == AclPatternType.Prefixed
        ? (allowed.ResourceName != AclEntry.Wildcard || allowed.PatternType == AclPatternType.Prefixed) && allowed.ResourceName.StartsWith(deny.ResourceName, StringComparison.Ordinal)
        : allowed.PatternType == AclPatternType.Literal && deny.ResourceName == allowed.ResourceName;

    private bool IsFree(Principal principal) => (allowWithoutEntry && entries.Entries.Count == 0) || superUsers.Contains(principal.Name);
}
