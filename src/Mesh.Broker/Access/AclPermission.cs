namespace Mesh.Broker.Access;

/// <summary>What an entry says; the numbers are the protocol's.</summary>
internal enum AclPermission : sbyte
{
    Unknown = 0,
    Any = 1,
    Deny = 2,
    Allow = 3,
}
