namespace Mesh.Broker.Access;

/// <summary>Who a connection speaks for, and from where.</summary>
/// <param name="Name">User name; <c>ANONYMOUS</c> when nobody has to authenticate.</param>
/// <param name="Host">Address it comes from.</param>
internal sealed record Principal(string Name, string Host)
{
    public const string Anonymous = "ANONYMOUS";

    /// <summary>The form that access control entries use.</summary>
    public override string ToString() => $"User:{Name}";
}
