using System.Globalization;
using System.Net.Sockets;
using Mesh.Cli.Commands;
using Mesh.Commands.Configuration;
using Mesh.Commands.Observability;
using Mesh.Commands.State;
using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Cli.Doctor;

/// <summary>What the settings name elsewhere: database, object store, Kafka, registry, collector; and the server that runs.</summary>
internal static class ServiceChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static async Task<IReadOnlyList<InstallationCheck>> AllAsync(StateDirectory? state, Settings settings, CancellationToken cancellationToken)
    {
        // Each waits for another machine, so all wait at the same time.
        List<Task<InstallationCheck>> checks =
        [
            WithinAsync("catalogue", token => DatabaseAsync(settings, token), cancellationToken),
            WithinAsync("storage", token => StorageAsync(state, settings, token), cancellationToken),
        ];
        if (settings.Text(SettingKeys.KafkaBootstrap) is { } brokers) checks.Add(WithinAsync("kafka", token => KafkaAsync(settings, brokers, token), cancellationToken));
        if (settings.Text(SettingKeys.SchemaRegistryUrl) is { } registry) checks.Add(WithinAsync("schema registry", token => RegistryAsync(settings, registry, token), cancellationToken));
        if (settings.Text(SettingKeys.TelemetryOtlpEndpoint) is { } collector) checks.Add(WithinAsync("collector", token => CollectorAsync(collector, token), cancellationToken));
        if (state is not null) checks.Add(Task.FromResult(MachineChecks.Guarded("disk", () => Disk(state, settings))));
        return await Task.WhenAll(checks).ConfigureAwait(false);
    }

    /// <summary>What the server that runs on the directory finds of itself, as <c>/health</c> says it.</summary>
    public static async Task<IReadOnlyList<InstallationCheck>> RunningServerAsync(string data, string? config, CancellationToken cancellationToken)
    {
        try
        {
            var queries = await CommonOptions.OpenQueriesAsync(null, data, null, config, cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var status = await queries.GetStatusAsync(cancellationToken).ConfigureAwait(false);
                return
                [
                    .. (status.Health?.Checks ?? []).Select(check => new InstallationCheck(
                        $"server: {check.Name}", check.State switch { HealthState.Failed => CheckState.Fail, HealthState.Degraded => CheckState.Warn, _ => CheckState.Ok }, check.Reason, check.Remedy)),
                ];
            }
        }
        catch (MeshException exception)
        {
            return [InstallationCheck.Fail("server", $"{exception.Code}: {exception.Message}")];
        }
    }

    private static async Task<InstallationCheck> WithinAsync(string part, Func<CancellationToken, Task<InstallationCheck>> check, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Patience);
        try
        {
            return await check(timeout.Token).WaitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            return InstallationCheck.Fail(part, $"{exception.Code}: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return InstallationCheck.Fail(part, $"no answer within {Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s", "Check the address, and whether a firewall is between.");
        }
    }

    private static async Task<InstallationCheck> DatabaseAsync(Settings settings, CancellationToken cancellationToken)
    {
        if (settings.Text(SettingKeys.CatalogueConnection) is not { } connection) return InstallationCheck.Ok("catalogue", "SQLite, in the state directory");
        using var database = MetadataDatabase.Connect(connection, settings[SettingKeys.CatalogueSchema].Text, readOnly: true);
        await database.PrepareAsync(cancellationToken).ConfigureAwait(false);
        return InstallationCheck.Ok("catalogue", $"{PostgresConnection.Describe(connection)} answers");
    }

    private static async Task<InstallationCheck> StorageAsync(StateDirectory? state, Settings settings, CancellationToken cancellationToken)
    {
        string? uri = await LakeStorage.ExamineAsync(state, settings, cancellationToken).ConfigureAwait(false);
        return InstallationCheck.Ok("storage", uri is null ? "folders, in the state directory" : $"{uri} answers and keeps conditional puts");
    }

    private static async Task<InstallationCheck> KafkaAsync(Settings settings, string brokers, CancellationToken cancellationToken)
    {
        var admin = new TopicAdmin(KafkaSettings.ReadCluster(settings, brokers), NullLogger.Instance);
        await using (admin.ConfigureAwait(false))
        {
            var topics = await admin.ListAsync(cancellationToken).ConfigureAwait(false);
            return InstallationCheck.Ok("kafka", $"{brokers} answers, {topics.Count} topics to be seen");
        }
    }

    private static async Task<InstallationCheck> RegistryAsync(Settings settings, string address, CancellationToken cancellationToken)
    {
        using var client = new SchemaRegistryClient(KafkaSettings.ReadCluster(settings, settings.Text(SettingKeys.KafkaBootstrap) ?? "127.0.0.1:9092"), NullLogger.Instance);
        var subjects = await client.SendAsync(HttpMethod.Get, "subjects", null, cancellationToken).ConfigureAwait(false);
        string place = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority).Replace(uri.UserInfo + "@", "", StringComparison.Ordinal) : "the registry";
        return InstallationCheck.Ok("schema registry", $"{place} answers, {subjects.GetArrayLength()} subjects");
    }

    private static async Task<InstallationCheck> CollectorAsync(string address, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri)) return InstallationCheck.Fail("collector", $"`{SettingKeys.TelemetryOtlpEndpoint.Name}` is '{address}'", "It should be http://HOST:4317 or :4318.");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(uri.Host, uri.Port, cancellationToken).ConfigureAwait(false);
            return InstallationCheck.Ok("collector", $"{uri.Host}:{uri.Port} takes connections");
        }
        catch (SocketException exception)
        {
            return InstallationCheck.Warn("collector", $"{uri.Host}:{uri.Port}: {exception.Message}", "Traces and metrics are dropped meanwhile; Mesh works without.");
        }
    }

    private static InstallationCheck Disk(StateDirectory state, Settings settings)
    {
        long floor = settings.Bytes(SettingKeys.UploadMinFreeBytes);
        string text = $"{ByteSizeText.Format(state.FreeBytes)} free in {state.Root}; uploads stop below {ByteSizeText.Format(floor)}";
        const string Remedy = "Make room, shorten `landing.retention`, or lay tables into S3 with `storage.uri`.";
        return state.FreeBytes < floor ? InstallationCheck.Fail("disk", text, Remedy) : state.FreeBytes < 2 * floor ? InstallationCheck.Warn("disk", text, Remedy) : InstallationCheck.Ok("disk", text);
    }
}
