namespace Mesh.Broker.Access;

/// <summary>One access control entry (KIP-11, KIP-290).</summary>
/// <param name="ResourceType">Kind of resource.</param>
/// <param name="ResourceName">Name, prefix, or <c>*</c>.</param>
/// <param name="PatternType">Literal or prefixed.</param>
/// <param name="Principal"><c>User:NAME</c>, or <c>User:*</c> for everybody.</param>
/// <param name="Host">Address a client comes from, or <c>*</c>.</param>
/// <param name="Operation">What it is about.</param>
/// <param name="Permission">Allowed or denied.</param>
internal sealed record AclEntry(
    AclResourceType ResourceType, string ResourceName, AclPatternType PatternType, string Principal, string Host, AclOperation Operation, AclPermission Permission)
{
    public const string Wildcard = "*";

    /// <summary>The only resource of type <see cref="AclResourceType.Cluster"/>.</summary>
    public const string ClusterName = "kafka-cluster";

    private const string AnyUser = "User:*";

    /// <summary>Whether it is an entry that can be kept: nothing left open, a name that can exist.</summary>
    public bool IsValid =>
        ResourceType is >= AclResourceType.Topic and <= AclResourceType.TransactionalId && ResourceName.Length > 0
        && (ResourceType != AclResourceType.Cluster || ResourceName == ClusterName)
        && PatternType is AclPatternType.Literal or AclPatternType.Prefixed
        && Principal.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon && colon < Principal.Length - 1 && Host.Length > 0
        && Operation is >= AclOperation.All and <= AclOperation.IdempotentWrite
        && Permission is AclPermission.Allow or AclPermission.Deny;

    /// <summary>Whether it is about this resource.</summary>
    public bool AppliesTo(string name) => PatternType == AclPatternType.Prefixed
        ? name.StartsWith(ResourceName, StringComparison.Ordinal)
        : ResourceName == Wildcard || ResourceName == name;

    /// <summary>Whether it is about this client.</summary>
    public bool IsAbout(Principal who, string principal) => (Principal == AnyUser || Principal == principal) && (Host == Wildcard || Host == who.Host);

    /// <summary>Whether it says something about an operation. Allowing also allows what the operation cannot do without; denying denies no more than it says.</summary>
    public bool Covers(AclOperation wanted)
    {
        if (Operation == AclOperation.All || Operation == wanted) return true;
        if (Permission != AclPermission.Allow) return false;
        return wanted switch
        {
            AclOperation.Describe => Operation is AclOperation.Read or AclOperation.Write or AclOperation.Delete or AclOperation.Alter,
            AclOperation.DescribeConfigs => Operation == AclOperation.AlterConfigs,
            _ => false,
        };
    }
}
