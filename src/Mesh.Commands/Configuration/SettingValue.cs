using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Configuration;

/// <summary>A setting's value and where it came from.</summary>
/// <param name="Key">The setting.</param>
/// <param name="Text">Its value.</param>
/// <param name="Source">For people: <c>--kafka-port</c>, <c>MESH_KAFKA__PORT</c>, <c>mesh.yaml:3</c> or <c>default</c>.</param>
public sealed record SettingValue(SettingKey Key, string Text, string Source)
{
    /// <summary>The value as people may see it: <c>(set)</c> for a secret, a connection without its password.</summary>
    public string Shown => Text.Length == 0 ? ""
        : Key.IsSecret ? "(set)"
        : Key == SettingKeys.CatalogueConnection ? PostgresConnection.Describe(Text)
        : Text;
}
