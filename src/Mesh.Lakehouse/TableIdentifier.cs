using Mesh.Model;

namespace Mesh.Lakehouse;

/// <summary>Name of a table: a namespace and a name, both in lower case.</summary>
public sealed record TableIdentifier(string Namespace, string Name)
{
    /// <summary>Reads <c>namespace.name</c>.</summary>
    /// <exception cref="MeshException"><c>MESH8101</c> when it is not of that form.</exception>
    public static TableIdentifier Parse(string text) => text.Split('.') is [{ Length: > 0 } ns, { Length: > 0 } name]
        ? new TableIdentifier(ns, name)
        : throw new MeshException("MESH8101", $"'{text}' is not a table: expected NAMESPACE.NAME, for example raw.sensor_msgs_imu.");

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}.{Name}";
}
