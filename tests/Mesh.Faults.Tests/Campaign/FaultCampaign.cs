using System.Diagnostics;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>
/// Vehicles upload, faults strike in an order that the seed decides, somebody reads all the while; in the end everything is held against what
/// was promised.
/// </summary>
/// <param name="name">Name of the setting.</param>
/// <param name="setting">What it runs on.</param>
/// <param name="seed">Seed.</param>
/// <param name="length">How long faults strike; longer when by then not every kind has struck.</param>
/// <param name="crashPoints">How many of the named crash points are tried, others in each run; all of them when there are so many.</param>
/// <param name="bigBytes">Bytes of the big message.</param>
internal sealed class FaultCampaign(string name, CampaignSetting setting, int seed, TimeSpan length, int crashPoints, int bigBytes)
{
    /// <summary>Memory that a server may take, whatever comes: so much, and so many times the largest message of each upload it works on at a time.</summary>
    private const long MemoryCapBytes = 512L << 20;

    /// <summary>
    /// A message passes whole: as its chunk, as its payload, as a column's value that grows by doubling, as a page and as that compressed;
    /// two uploads are worked on at a time.
    /// </summary>
    private const int CopiesOfAMessage = 2 * 5;

    /// <summary>How much longer faults strike when by the end not every kind has been seen; after that the run is vacuous.</summary>
    private static readonly TimeSpan MostMore = TimeSpan.FromMinutes(6);

    /// <summary>Kinds that every campaign must have seen.</summary>
    private static readonly string[] Always =
    [
        "crash-point", "kill", "pause", "restart", "upload-duplicate", "event-republished", "foreign-read", "offset-sampled", "compact", "foreign-commit", "rest-AnswerLost", "rest-ErrorAfterSuccess",
        "content:Truncated", "content:Flipped", "content:Nonsense", "content:ZipBomb", "content:Unfinalised", "content:BrokenPayloads", "content:SchemaChange",
        "content:ClockJump",
    ];

    private readonly Random random = new(seed);
    private readonly Oracle oracle = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Runs, and checks.</summary>
    public async Task<CampaignReport> RunAsync()
    {
        var clock = Stopwatch.StartNew();
        using var recordings = new TemporaryFolder();
        var workload = new Workload(seed, recordings.Path, bigBytes);
        var probes = new Workload(unchecked(seed + 1), recordings["probes"], bigBytes);
        Directory.CreateDirectory(recordings["probes"]);
        var server = setting.Server;
        await setting.PrepareAsync();
        await server.StartAsync();
        await using var sampler = new Sampler(server, oracle);
        using var publishers = new Publishers(workload, server, oracle);
        await using var another = new RestWriter(server, oracle, seed);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task[] others = [publishers.RunAsync(over.Token), publishers.RunAsync(over.Token), sampler.RunAsync(over.Token), another.RunAsync(over.Token), ReadAsync(over.Token)];
        try
        {
            await StrikeAsync(new CampaignRun(oracle, server, sampler, setting.Place) { Kafka = setting.Kafka }, publishers, probes, () => IsCovered(another));
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(others);
        }

        setting.Heal();
        await server.ReviveAsync();
        oracle.Note("faults are over");
        await publishers.FinishAsync(TimeSpan.FromMinutes(2));
        var gatherer = new Gatherer(oracle, server, setting.Place);
        await gatherer.SettleAsync(TimeSpan.FromMinutes(2));
        oracle.Note("settled");
        await another.CheckAsync();
        await sampler.LookAsync(Stop);
        server.SamplePeak();
        foreach (var (kind, times) in setting.Occurred.Concat(another.Occurred)) oracle.Count(kind, times);
        if (server.RefusedStarts > 0) oracle.Count("start-refused", server.RefusedStarts);
        var evidence = await gatherer.GatherAsync(MemoryCapBytes + ((long)CopiesOfAMessage * bigBytes), [.. Always, .. setting.Required]);
        return CampaignReport.Of(seed, name, clock.Elapsed.TotalSeconds, evidence, InvariantChecker.Check(evidence), oracle.Timeline);
    }

    private async Task StrikeAsync(CampaignRun run, Publishers publishers, Workload probes, Func<bool> isCovered)
    {
        var faults = ProcessFaults.Of(run).Concat(setting.Faults(run)).ToList();
        string[] points = [.. ProcessFaults.CrashPoints];
        random.Shuffle(points);
        var due = faults.Concat(points.Take(crashPoints).Select(point => ProcessFaults.CrashAt(run, point))).ToArray();
        random.Shuffle(due);
        var first = due.ToList();

        // Something to lose, before the first loss.
        await ProbeAsync(publishers, probes, "the start");
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < length || (clock.Elapsed < length + MostMore && (first.Count > 0 || !isCovered()));)
        {
            await Task.Delay(random.Next(100, 1_000), Stop);
            var round = Round(first, () => random.Next(3) == 0 ? ProcessFaults.CrashAt(run, points[random.Next(points.Length)]) : faults[random.Next(faults.Count)]);
            string names = string.Join(" + ", round.Select(fault => fault.Name));
            oracle.Note(names);
            await Task.WhenAll(round.Select(fault => (Fault: fault, Seed: random.Next())).ToList().Select(each => StrikeAsync(run, each.Fault, each.Seed)));
            await run.Server.ReviveAsync();
            await ProbeAsync(publishers, probes, names);
        }
    }

    private bool IsCovered(RestWriter another)
    {
        var seen = oracle.Occurred.Concat(setting.Occurred).Concat(another.Occurred).Select(kind => kind.Key).ToHashSet();
        return Always.Concat(setting.Required).All(seen.Contains);
    }

    /// <summary>Troubles seldom come singly: one that starts or stops the server at most, and some of the others.</summary>
    private List<CampaignFault> Round(List<CampaignFault> first, Func<CampaignFault> any)
    {
        var round = new List<CampaignFault>();
        for (int wanted = random.Next(1, 5); wanted > 0; wanted--)
        {
            int place = first.FindIndex(fault => !fault.IsExclusive || round.TrueForAll(other => !other.IsExclusive));
            var fault = place >= 0 ? first[place] : any();
            if (place >= 0) first.RemoveAt(place);
            else if (round.Exists(other => other.Name == fault.Name || (other.IsExclusive && fault.IsExclusive))) continue;
            round.Add(fault);
        }

        return round;
    }

    private async Task StrikeAsync(CampaignRun run, CampaignFault fault, int strikeSeed)
    {
        run.Seed(strikeSeed);
        try
        {
            await fault.StrikeAsync();
        }
        catch (MeshException exception) when (exception.IsTransient)
        {
            // What strikes by a request of its own may be hit by another fault.
            oracle.Note($"{fault.Name}: {exception.Message}");
        }
    }

    /// <summary>After a fault a fresh upload is accepted and committed; how long that takes is noted.</summary>
    private async Task ProbeAsync(Publishers publishers, Workload probes, string after)
    {
        var upload = await probes.FreshAsync(Stop);
        var took = Stopwatch.StartNew();
        while (took.Elapsed < TimeSpan.FromSeconds(90))
        {
            if (await publishers.SendAsync(upload)) break;
            await Task.Delay(100, Stop);
        }

        while (took.Elapsed < TimeSpan.FromSeconds(90) && !await IsCommittedAsync(upload)) await Task.Delay(100, Stop);
        oracle.Alive(after, took.Elapsed);
        oracle.Note($"a fresh upload was committed after {took.Elapsed.TotalSeconds:F1} s");
    }

    private async Task<bool> IsCommittedAsync(Upload upload)
    {
        try
        {
            return setting.Server.Current is { } server && (await server.GetAsync("recordings/" + upload.IngestId))?.GetProperty("state").GetString() == "committed";
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException && !Stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Reads all tables with other people's readers while everything goes on.</summary>
    private async Task ReadAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(4_000, stop);
                await setting.Place.Reading.WaitAsync(stop);
                try
                {
                    await setting.Place.ReadForeignAsync("-");
                    oracle.Count("foreign-read");
                }
                catch (Exception exception) when (exception is not (OperationCanceledException or Xunit.Sdk.SkipException))
                {
                    oracle.CouldNotRead(exception.Message);
                }
                finally
                {
                    setting.Place.Reading.Release();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the run.
        }
    }
}
