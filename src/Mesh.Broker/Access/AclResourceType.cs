namespace Mesh.Broker.Access;

/// <summary>Kinds of resources; the numbers are the protocol's.</summary>
internal enum AclResourceType : sbyte
{
    Unknown = 0,
    Any = 1,
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
}
