using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Configuration;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh settings</c>: every setting, its value and where it came from.</summary>
internal static class SettingsCommand
{
    private static readonly HashSet<SettingKey> Secrets = [SettingKeys.HttpToken, SettingKeys.PrivacyVinKey, SettingKeys.StorageAccessKey, SettingKeys.StorageSecretKey, SettingKeys.KafkaPassword, SettingKeys.SchemaRegistryPassword];

    public static Command Create()
    {
        var (config, json) = (CommonOptions.Config(), CommonOptions.Json());
        var command = new Command("settings", "Every setting, its value here, and where the value came from.") { config, json };
        command.SetAction(parsed =>
        {
            var settings = Settings.Read(new Dictionary<SettingKey, (string, string)>(), CommonOptions.EnvironmentVariables(), parsed.GetValue(config));
            var rows = settings.All.Select(value => new
            {
                value.Key.Name,
                Value = value.Text.Length == 0 ? ""
                    : Secrets.Contains(value.Key) || value.Key.Name.StartsWith(SettingKeys.KafkaClient.Name + ".", StringComparison.Ordinal) && IsSecret(value.Key.Name) ? "(set)"
                    // It may hold a password.
                    : value.Key == SettingKeys.CatalogueConnection ? PostgresConnection.Describe(value.Text)
                    : value.Text,
                value.Source,
                value.Key.Description,
            }).ToList();
            if (parsed.GetValue(json)) Printer.Json(rows);
            else Printer.Table(["setting", "value", "from", "what it does"], rows.Select(row => (string[])[row.Name, row.Value, row.Source, row.Description]));
            return ExitCodes.Done;
        });
        return command;
    }

    // Settings of the Kafka client that hold a secret, by librdkafka's names.
    private static bool IsSecret(string name) =>
        name.Contains("password", StringComparison.Ordinal) || name.Contains("secret", StringComparison.Ordinal) || name.EndsWith(".pem", StringComparison.Ordinal)
        || name.EndsWith("oauthbearer.config", StringComparison.Ordinal);
}
