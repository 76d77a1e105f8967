using System.Text.RegularExpressions;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>F1 and F2: what befalls the server's process, and deliveries that come twice.</summary>
internal static partial class ProcessFaults
{
    /// <summary>Tables of one round of maintenance, others in each.</summary>
    private const int TablesMaintained = 3;

    private static readonly TimeSpan CrashPatience = TimeSpan.FromSeconds(25);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>What the campaign's vehicles do not use: telemetry, uploads in chunks and replays, whose places have tests of their own.</summary>
    private static readonly string[] Unused = ["telemetry.", "upload.after-chunk", "replay."];

    /// <summary>Every named crash point of the sources that an upload can come to.</summary>
    public static IReadOnlyList<string> CrashPoints { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Reached().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct()
            .Where(point => !Array.Exists(Unused, unused => point.StartsWith(unused, StringComparison.Ordinal))).Order(StringComparer.Ordinal),
    ];

    public static IReadOnlyList<CampaignFault> Of(CampaignRun run) =>
    [
        new("kill", () => KillAsync(run), IsExclusive: true),
        new("kill-while-starting", () => KillWhileStartingAsync(run), IsExclusive: true),
        new("pause", () => PauseAsync(run), IsExclusive: true),
        new("restart", () => RestartAsync(run), IsExclusive: true),
        new("maintain", () => MaintainAsync(run), IsExclusive: true),
        new("republish", () => RepublishAsync(run), IsExclusive: true),
    ];

    /// <summary>Dies exactly between two steps, and starts again.</summary>
    public static CampaignFault CrashAt(CampaignRun run, string point) => new($"crash at {point}", async () =>
    {
        // Most places are reached several times for an upload; any of them may be the one.
        int time = point.StartsWith("maintenance.", StringComparison.Ordinal) || run.Random.Next(2) == 0 ? 1 : run.Random.Next(1, 4);
        await run.Server.KillAsync();
        run.Oracle.Count("kill");
        bool isUp = await run.Server.StartAsync($"{point}:{time}");
        if (!isUp || await DiesAsync(run, point))
        {
            run.Oracle.Count("crash-point");
            run.Oracle.Count("crash:" + point);
        }
        else
        {
            run.Oracle.Note($"{point}:{time} was not reached");
            await run.Server.KillAsync();
        }

        await run.Server.StartAsync();
    }, IsExclusive: true);

    /// <summary>Sends an event again that was handled long ago, or is being handled now.</summary>
    private static async Task RepublishAsync(CampaignRun run)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            await RepublishAsync(run, patience.Token);
        }
        catch (OperationCanceledException) when (!Stop.IsCancellationRequested)
        {
            run.Oracle.Note("the log did not take an event in time");
        }
    }

    private static async Task RepublishAsync(CampaignRun run, CancellationToken cancellationToken)
    {
        var kafka = run.Kafka();
        await using var admin = new TopicAdmin(kafka, NullLogger.Instance);
        var events = new List<ConsumedEvent<UploadAccepted>>();
        await foreach (var consumed in admin.ReadToEndAsync<UploadAccepted>(Topics.Uploads, cancellationToken))
        {
            if (consumed.Value is not null) events.Add(consumed);
        }

        if (events.Count == 0) return;
        await using var producer = new EventProducer(kafka, NullLogger.Instance);
        for (int i = 0; i < 3; i++)
        {
            var again = events[run.Random.Next(events.Count)];
            await producer.PublishAsync(Topics.Uploads, again.Key, again.Value!, cancellationToken);
            run.Oracle.Count("event-republished");
        }
    }

    private static async Task KillAsync(CampaignRun run)
    {
        await Task.Delay(run.Between(0, 1_500), Stop);
        await run.Server.KillAsync();
        run.Oracle.Count("kill");
        await Task.Delay(run.Between(0, 500), Stop);
        await run.Server.StartAsync();
    }

    private static async Task KillWhileStartingAsync(CampaignRun run)
    {
        await run.Server.KillAsync();
        await using (var doomed = MeshProcess.Start(run.Server.Environment, run.Server.UpArguments))
        {
            await Task.Delay(run.Between(300, 1_500), Stop);
            await doomed.KillAsync();
        }

        run.Oracle.Count("kill");
        await run.Server.StartAsync();
    }

    private static async Task PauseAsync(CampaignRun run)
    {
        await run.Server.SignalAsync("STOP");
        await Task.Delay(run.Between(200, 4_000), Stop);
        await run.Server.SignalAsync("CONT");
        run.Oracle.Count("pause");
    }

    private static async Task RestartAsync(CampaignRun run)
    {
        await run.Server.StopAsync();
        run.Oracle.Count("restart");
        await run.Server.StartAsync();
    }

    private static async Task<bool> DiesAsync(CampaignRun run, string point)
    {
        if (!point.StartsWith("maintenance.", StringComparison.Ordinal)) return await run.Server.DiesWithinAsync(CrashPatience);
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); waited.Elapsed < CrashPatience;)
        {
            await MaintainAsync(run);
            if (await run.Server.DiesWithinAsync(TimeSpan.FromMilliseconds(500))) return true;
        }

        return false;
    }

    /// <summary>Compacts and expires while uploads arrive.</summary>
    private static async Task MaintainAsync(CampaignRun run)
    {
        try
        {
            if (run.Server.Current is not { } server) return;
            using var listed = await server.Http.GetAsync(new Uri("api/v1/catalogue/maintenance/tables", UriKind.Relative), Stop);
            if (!listed.IsSuccessStatusCode) return;
            using var tables = System.Text.Json.JsonDocument.Parse(await listed.Content.ReadAsByteArrayAsync(Stop));
            string[] names = [.. tables.RootElement.EnumerateArray().Select(table => table.GetString()!)];
            run.Random.Shuffle(names);
            foreach (string table in names.Take(TablesMaintained))
            {
                foreach (var (task, body) in new[] { ("compact", "{}"), ("manifests", "{}"), ("expire", """{"older_than_seconds":20,"keep_last":5,"reader_grace_seconds":20}""") })
                {
                    using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
                    using var answer = await server.Http.PostAsync(new Uri($"api/v1/catalogue/{table}/{task}", UriKind.Relative), content, Stop);
                    if (answer.IsSuccessStatusCode) run.Oracle.Count(task);
                    else run.Oracle.Note($"{task} {table}: {await answer.Content.ReadAsStringAsync(Stop)}");
                }
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or MeshException or OperationCanceledException && !Stop.IsCancellationRequested)
        {
            // It died on the way, which is what some of them want.
        }
    }

    [GeneratedRegex("CrashPoint\\.Reach\\(\"([a-z.-]+)\"\\)")]
    private static partial Regex Reached();
}
