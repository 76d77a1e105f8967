using System.Diagnostics;
using Mesh.Cli.Hosting;
using Mesh.Commands.Configuration;
using Mesh.Commands.Queries;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Simulation;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Upload;

namespace Mesh.Cli.Demo;

/// <summary>
/// The main job on a small fleet: three vehicles drive, their recordings are uploaded over the real protocol, become tables, and train a
/// model. One recording is sent twice and one is cut off; the account must close all the same.
/// </summary>
internal static class FleetDemo
{
    private static readonly Drive[] Drives =
    [
        new("v1-morning.mcap", "vehicle-1", 11, DriveSchema.Ros2, 60),
        new("v1-evening.mcap", "vehicle-1", 12, DriveSchema.Ros2, 60),
        new("v2-morning.mcap", "vehicle-2", 21, DriveSchema.Ros2, 60),
        new("v2-evening.mcap", "vehicle-2", 22, DriveSchema.Protobuf, 60),
        new("v3-morning.mcap", "vehicle-3", 31, DriveSchema.Ros2, 60),
        new("v3-evening.mcap", "vehicle-3", 32, DriveSchema.Ros2, 60) { KeepFraction = 0.6 },
    ];

    private static readonly SettingKey[] FromEnvironment =
    [
        SettingKeys.CatalogueConnection, SettingKeys.CatalogueSchema, SettingKeys.StorageUri, SettingKeys.StorageEndpoint, SettingKeys.StorageRegion,
        SettingKeys.StorageAccessKey, SettingKeys.StorageSecretKey, SettingKeys.KafkaBootstrap, SettingKeys.KafkaReplication,
        SettingKeys.KafkaSecurityProtocol, SettingKeys.KafkaSaslMechanism, SettingKeys.KafkaUser, SettingKeys.KafkaPassword, SettingKeys.KafkaTlsCaFile,
        SettingKeys.KafkaTlsCertificateFile, SettingKeys.KafkaTlsKeyFile, SettingKeys.SchemaRegistryUrl, SettingKeys.SchemaRegistryUser,
        SettingKeys.SchemaRegistryPassword,
    ];

    /// <summary>Runs the demo.</summary>
    /// <param name="dataFolder">State directory; null for a fresh temporary one, which is kept for looking around.</param>
    /// <param name="kafka">Brokers of a Kafka cluster; null for the embedded broker.</param>
    /// <param name="registry">Address of the cluster's schema registry.</param>
    /// <param name="say">Told what happens, line by line.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<DemoReport> RunAsync(
        string? dataFolder, string? kafka, string? registry, Action<string> say, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string root = Path.GetFullPath(dataFolder ?? Directory.CreateTempSubdirectory("mesh-demo-").FullName);
        var settings = SettingsOf(isFresh: dataFolder is null, kafka, registry);
        // One recording is damaged on purpose; the report tells its loss, an error line of its own would only alarm.
        using var loggers = DemoServer.Log("Mesh.Commands.Ingest");

        say($"simulating {Drives.Length} drives of 3 vehicles");
        string recordings = Path.Combine(root, "recordings");
        var truths = await SimulateAsync(recordings, cancellationToken).ConfigureAwait(false);
        say($"  {truths.Sum(truth => truth.Messages):N0} messages, {ByteSizeText.Format(Drives.Sum(drive => new FileInfo(Path.Combine(recordings, drive.File)).Length))}; {Drives.Single(drive => drive.KeepFraction < 1).File} is cut off on purpose");

        if (settings.Text(SettingKeys.CatalogueConnection) is { } connection)
        {
            say($"catalogue in {PostgresConnection.Describe(connection)}, schema {settings[SettingKeys.CatalogueSchema].Text}; MESH_CATALOGUE__SCHEMA names it to later commands");
        }

        if (settings.Text(SettingKeys.StorageUri) is { } uri) say($"tables and recordings in {uri}");

        var server = await MeshServer.StartAsync(root, settings, loggers, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            say($"mesh is up: http {server.Endpoints.Http}, kafka {server.Endpoints.Kafka}, schema registry {server.Endpoints.SchemaRegistry}");
            var answers = await UploadAsync(server, recordings, say, cancellationToken).ConfigureAwait(false);
            say("waiting for the recordings to become tables");
            var finished = await WaitForTablesAsync(server, answers, cancellationToken).ConfigureAwait(false);
            say("waiting for the training job that the new data started");
            await WaitForTrainingAsync(server, cancellationToken).ConfigureAwait(false);
            return await ReportAsync(server, answers, finished, truths, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Of the environment only where catalogue, storage and log are: else the demo is the same everywhere.</summary>
    private static Settings SettingsOf(bool isFresh, string? kafka, string? registry)
    {
        string name = $"demo_{Guid.NewGuid():N}"[..13];
        var (values, flags) = (new Dictionary<string, string>(), DemoServer.FreePorts());
        if (kafka is not null) flags[SettingKeys.KafkaBootstrap] = ("--kafka", kafka);
        if (registry is not null) flags[SettingKeys.SchemaRegistryUrl] = ("--schema-registry", registry);
        // A fresh folder with the tables of an earlier demo would be no fresh start.
        if (isFresh) values[SettingKeys.CatalogueSchema.EnvironmentVariable] = name;
        foreach (var key in FromEnvironment)
        {
            if (Environment.GetEnvironmentVariable(key.EnvironmentVariable) is { } value) values[key.EnvironmentVariable] = value;
        }

        var settings = Settings.Read(flags, values, configFile: null);
        if (!isFresh || settings.Text(SettingKeys.StorageUri) is not { } uri) return settings;
        flags[SettingKeys.StorageUri] = ("demo", $"{uri.TrimEnd('/')}/{name}");
        return Settings.Read(flags, values, configFile: null);
    }

    private static async Task<IReadOnlyList<SimulationTruth>> SimulateAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var truths = new SimulationTruth[Drives.Length];
        await Parallel.ForAsync(0, Drives.Length, cancellationToken, async (i, token) =>
        {
            var drive = Drives[i];
            string path = Path.Combine(folder, drive.File);
            truths[i] = await SimulatedRecording.WriteAsync(
                path, new DriveOptions { VehicleId = drive.Vehicle, Seed = drive.Seed, Schema = drive.Schema, Duration = TimeSpan.FromSeconds(drive.Seconds) }, token).ConfigureAwait(false);
            if (drive.KeepFraction < 1) await RecordingDamage.TruncateAsync(path, drive.KeepFraction, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return truths;
    }

    private static async Task<List<(Drive Drive, UploadAnswer Answer)>> UploadAsync(MeshServer server, string folder, Action<string> say, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var client = new UploadClient(http, new UploadClientOptions { Server = new Uri(server.Endpoints.Http + "/") });
        var answers = new List<(Drive, UploadAnswer)>();
        foreach (var drive in Drives.Append(Drives[0]))
        {
            var answer = await client.UploadAsync(Path.Combine(folder, drive.File), drive.Vehicle, "", progress: null, cancellationToken).ConfigureAwait(false);
            say($"  {drive.File}: {answer.Result.ToString().ToLowerInvariant()}{(answer.Reason is null ? "" : $" ({answer.Reason})")}");
            answers.Add((drive, answer));
        }

        return answers;
    }

    private static async Task<Dictionary<string, RecordingView>> WaitForTablesAsync(
        MeshServer server, List<(Drive Drive, UploadAnswer Answer)> answers, CancellationToken cancellationToken)
    {
        var finished = new Dictionary<string, RecordingView>();
        await DemoServer.WaitAsync("the recordings are not all committed", async () =>
        {
            foreach (string id in answers.Select(answer => answer.Answer.IngestId!).Where(id => !finished.ContainsKey(id)).Distinct())
            {
                var recording = await server.Queries.FindRecordingAsync(id, cancellationToken).ConfigureAwait(false);
                if (recording?.State is "committed" or "deadlettered") finished[id] = recording;
            }

            return finished.Count == Drives.Length;
        }, cancellationToken).ConfigureAwait(false);
        return finished;
    }

    private static Task WaitForTrainingAsync(MeshServer server, CancellationToken cancellationToken) => DemoServer.WaitAsync("no training job has ended", async () =>
    {
        int fired = (await server.Triggers.ListFiringsAsync(100, cancellationToken).ConfigureAwait(false)).Count;
        var jobs = await server.Queries.ListJobsAsync(100, cancellationToken).ConfigureAwait(false);
        return fired > 0 && jobs.Count >= fired && jobs.All(job => job.State.IsEnd());
    }, cancellationToken);

    private static async Task<DemoReport> ReportAsync(
        MeshServer server, List<(Drive Drive, UploadAnswer Answer)> answers, Dictionary<string, RecordingView> finished,
        IReadOnlyList<SimulationTruth> truths, Stopwatch clock, CancellationToken cancellationToken)
    {
        var recordings = answers.Select(answer =>
        {
            string name = answer.Answer.Result.ToString().ToLowerInvariant();
            if (answer.Answer.Result == UploadResult.Duplicate) return new DemoRecording(answer.Drive.File, answer.Drive.Vehicle, name, 0, 0, 0, 0, 0, 0);
            long written = truths[Array.IndexOf(Drives, answer.Drive)].Messages;
            var recording = finished[answer.Answer.IngestId!];
            return new DemoRecording(
                answer.Drive.File, answer.Drive.Vehicle, name, written, recording.RowsOut, recording.DeadLetters,
                written - recording.MessagesIn, recording.FramesOut, recording.Losses.Count);
        }).ToList();

        var products = new List<DemoProduct>();
        foreach (var product in await server.Queries.ListProductsAsync(cancellationToken).ConfigureAwait(false))
        {
            var details = (await server.Queries.FindProductAsync(product.Name, cancellationToken).ConfigureAwait(false))!;
            products.Add(new DemoProduct(product.Name, product.Rows, product.Files, details.Snapshots.Count));
        }

        var firings = await server.Triggers.ListFiringsAsync(100, cancellationToken).ConfigureAwait(false);
        var jobs = await server.Queries.ListJobsAsync(100, cancellationToken).ConfigureAwait(false);
        var models = await server.Queries.ListModelsAsync(cancellationToken).ConfigureAwait(false);
        return new DemoReport(recordings, products, [.. models.Select(ModelOf)], firings.Count, jobs.Count, Math.Round(clock.Elapsed.TotalSeconds, 1), server.DataFolder);
    }

    private static DemoModel ModelOf(ModelEntry model)
    {
        return new DemoModel(
            model.Name, model.Version, model.State.ToString().ToLowerInvariant(), Metric("accuracy"), Metric("majority_baseline"), model.RecordingCount);

        double? Metric(string name) => model.Metrics.TryGetValue(name, out double value) ? value : null;
    }

    private sealed record Drive(string File, string Vehicle, int Seed, DriveSchema Schema, int Seconds)
    {
        public double KeepFraction { get; init; } = 1;
    }
}
