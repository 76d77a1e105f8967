namespace Mesh.Broker.Access;

/// <summary>Decides what a principal may do (KIP-11).</summary>
internal sealed class Authoriser
{
    /// <summary>Whether <paramref name="principal"/> may carry out an operation on a resource.</summary>
    public bool Allows(Principal principal, AclOperation operation, AclResourceType type, string name) => true;
}
