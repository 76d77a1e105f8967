namespace Mesh.Broker.Access;

/// <summary>How the name in an entry stands for resources (KIP-290); the numbers are the protocol's.</summary>
internal enum AclPatternType : sbyte
{
    Unknown = 0,

    /// <summary>In a filter: every kind.</summary>
    Any = 1,

    /// <summary>In a filter: every entry that applies to the resource named.</summary>
    Match = 2,

    /// <summary>The resource of that name; <c>*</c> stands for all.</summary>
    Literal = 3,

    /// <summary>Resources whose name begins so.</summary>
    Prefixed = 4,
}
