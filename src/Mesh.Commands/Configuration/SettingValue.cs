using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Configuration;

/// <summary>A setting's value and where it came from.</summary>
/// <param name="Key">The setting.</param>
/// <param name="Text">Its value.</param>
/// <param name="Source">For people: <c>--kafka-port</c>, <c>MESH_KAFKA__PORT</c>, <c>mesh.yaml:3</c> or <c>default</c>.</param>
public sealed record SettingValue(SettingKey Key, string Text, string Source)
{
    private const string Hidden = "(set)";

    /// <summary>The value as people may see it: <c>(set)</c> for a secret, connections and addresses without their passwords.</summary>
    public string Shown
    {
        get
        {
            if (Text.Length == 0) return "";
            if (Key.IsSecret) return Hidden;
            if (Key == SettingKeys.CatalogueConnection) return PostgresConnection.Describe(Text);
            return Uri.TryCreate(Text, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0 ? Text.Replace(uri.UserInfo + "@", Hidden + "@", StringComparison.Ordinal) : Text;
        }
    }
}
