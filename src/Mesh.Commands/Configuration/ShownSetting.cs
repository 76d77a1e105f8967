using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Configuration;

/// <summary>A setting as it may be shown to anybody who may see settings at all: what is secret is only said to be there.</summary>
/// <param name="Name">Dotted name, as in <c>mesh.yaml</c>.</param>
/// <param name="Value">Its value; empty for none, <c>(set)</c> for a secret.</param>
/// <param name="Source">Where the value came from: a flag, a variable, <c>FILE:LINE</c> or <c>default</c>.</param>
/// <param name="Default">Value when nobody says otherwise.</param>
/// <param name="EnvironmentVariable">The variable that sets it.</param>
/// <param name="Description">What it does.</param>
public sealed record ShownSetting(string Name, string Value, string Source, string Default, string EnvironmentVariable, string Description)
{
    private const string Secret = "(set)";

    /// <summary>Whether somebody has said something else than the default.</summary>
    public bool IsChanged => Source != "default";

    /// <summary>All settings, in the order of <see cref="SettingKeys.All"/>.</summary>
    public static IReadOnlyList<ShownSetting> Of(Settings settings) => [.. settings.All.Select(Of)];

    private static ShownSetting Of(SettingValue value) => new(value.Key.Name, Show(value), value.Source, value.Key.Default, value.Key.EnvironmentVariable, value.Key.Description);

    private static string Show(SettingValue value)
    {
        if (value.Text.Length == 0) return "";
        if (value.Key.IsSecret || value.Key.Name.StartsWith(SettingKeys.KafkaClient.Name + ".", StringComparison.Ordinal) && IsSecretOfClient(value.Key.Name)) return Secret;
        // A connection, and an address with a user, may hold a password.
        if (value.Key == SettingKeys.CatalogueConnection) return PostgresConnection.Describe(value.Text);
        return Uri.TryCreate(value.Text, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0 ? value.Text.Replace(uri.UserInfo + "@", Secret + "@", StringComparison.Ordinal) : value.Text;
    }

    // Settings of the Kafka client that hold a secret, by librdkafka's names.
    private static bool IsSecretOfClient(string name) =>
        name.Contains("password", StringComparison.Ordinal) || name.Contains("secret", StringComparison.Ordinal) || name.EndsWith(".pem", StringComparison.Ordinal)
        || name.EndsWith("oauthbearer.config", StringComparison.Ordinal);
}
