using Mesh.Commands.Observability;
using Mesh.Commands.Queries;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Testing;
using Microsoft.Data.Sqlite;

namespace Mesh.Commands.Tests.Observability;

/// <summary>Each part fails once, and the report says which and what to do.</summary>
public sealed class ServerHealthTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();
    private readonly ManualTimeProvider time = new(Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_worst_part_decides_a_degraded_server_stays_ready_and_a_failed_one_does_not()
    {
        (await ReportAsync(Of(HealthState.Ok), Of(HealthState.Ok))).ShouldBe((HealthState.Ok, true, true));
        (await ReportAsync(Of(HealthState.Ok), Of(HealthState.Degraded))).ShouldBe((HealthState.Degraded, true, true));
        (await ReportAsync(Of(HealthState.Failed), Of(HealthState.Degraded))).ShouldBe((HealthState.Failed, true, false));
    }

    [Fact]
    public async Task Being_asked_often_examines_once()
    {
        int examined = 0;
        using var health = new ServerHealth([new HealthProbe("counted", _ => Task.FromResult(new HealthCheck("counted", HealthState.Ok, $"{++examined}")))], time);
        for (int i = 0; i < 5; i++) await health.ExamineAsync(Token);
        examined.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(3));
        await health.ExamineAsync(Token);
        examined.ShouldBe(2);
    }

    [Fact]
    public async Task A_part_that_throws_or_never_answers_has_failed()
    {
        using var health = new ServerHealth(
            [
                new HealthProbe("throws", _ => throw new MeshException("MESH7107", "No broker answers.", isTransient: true)),
                new HealthProbe("hangs", _ => new TaskCompletionSource<HealthCheck>().Task),
            ], time, TimeSpan.FromMilliseconds(200));

        var report = await health.ExamineAsync(Token);

        report.Checks.ShouldAllBe(check => check.State == HealthState.Failed && check.Remedy != null);
        report.Checks[0].Reason.ShouldBe("MESH7107: No broker answers.");
        report.Checks[1].Reason.ShouldContain("No answer");
    }

    [Fact]
    public async Task The_disk_is_degraded_near_the_floor_and_failed_below_it()
    {
        (await CheckAsync(HealthProbes.Disk(() => 5L << 30, 1L << 30))).State.ShouldBe(HealthState.Ok);
        (await CheckAsync(HealthProbes.Disk(() => 3L << 29, 1L << 30))).State.ShouldBe(HealthState.Degraded);
        var full = await CheckAsync(HealthProbes.Disk(() => 1L << 29, 1L << 30));
        full.State.ShouldBe(HealthState.Failed);
        full.Remedy!.ShouldContain("landing.retention");
    }

    [Fact]
    public async Task A_database_that_another_process_has_locked_has_failed_until_it_lets_go()
    {
        using var database = MetadataDatabase.Open(folder["mesh.db"]);
        using var outbox = new Outbox(database);
        (await CheckAsync(HealthProbes.Database(database))).State.ShouldBe(HealthState.Ok);

        await using (var other = new SqliteConnection($"Data Source={folder["mesh.db"]};Pooling=False"))
        {
            await other.OpenAsync(Token);
            using var locking = other.CreateCommand();
            locking.CommandText = "BEGIN EXCLUSIVE";
            await locking.ExecuteNonQueryAsync(Token);
            (await CheckAsync(HealthProbes.Database(database))).State.ShouldBe(HealthState.Failed);
        }

        time.Advance(TimeSpan.FromSeconds(3));
        (await CheckAsync(HealthProbes.Database(database))).State.ShouldBe(HealthState.Ok);
    }

    [Fact]
    public async Task Storage_is_tried_unless_a_write_has_just_succeeded()
    {
        Directory.CreateDirectory(folder["lake"]);
        var store = new MeteredObjectStore(new LocalObjectStore(folder["lake"]), "lake", time);
        (await CheckAsync(HealthProbes.Storage(store, time))).State.ShouldBe(HealthState.Ok);
        store.LastWrite!.Value.At.ShouldBe(Start);
        (await store.GetSizeAsync("health/probe", Token)).ShouldBeNull();

        // The folder becomes a file: nothing can be written, which shows once the last success is no longer recent.
        Directory.Delete(folder["lake"], recursive: true);
        await File.WriteAllTextAsync(folder["lake"], "", Token);
        (await CheckAsync(HealthProbes.Storage(store, time))).State.ShouldBe(HealthState.Ok);
        time.Advance(TimeSpan.FromMinutes(2));
        (await CheckAsync(HealthProbes.Storage(store, time))).State.ShouldBe(HealthState.Failed);
    }

    [Fact]
    public async Task Uploads_that_wait_too_long_degrade_and_finished_ones_do_not()
    {
        using var database = MetadataDatabase.Open(folder["mesh.db"]);
        var recordings = new RecordingStore(database, time);
        var id = IngestId.Compute(new byte[32], "V1");
        await recordings.TryAddAsync(
            new RecordingEntry { IngestId = id, VehicleId = "V1", FileName = "f", Uri = "file:///f", SizeBytes = 1, ContentSha256 = new string('0', 64), AcceptedAt = Start },
            _ => Task.CompletedTask, Token);
        var probe = HealthProbes.Uploads(recordings, TimeSpan.FromMinutes(30), time);

        (await CheckAsync(probe)).State.ShouldBe(HealthState.Ok);
        time.Advance(TimeSpan.FromMinutes(31));
        (await CheckAsync(probe)).State.ShouldBe(HealthState.Degraded);
        await recordings.MarkDeadLetteredAsync(new RecordingRun(id, "fleet", "1"), "unreadable", Token);
        (await CheckAsync(probe)).State.ShouldBe(HealthState.Ok);
    }

    [Fact]
    public async Task A_stage_that_is_started_again_degrades_and_one_that_ended_fails()
    {
        (await CheckAsync(HealthProbes.Stages(() => [new StageView("ingest", "running", 2, null)]))).State.ShouldBe(HealthState.Ok);
        var restarting = await CheckAsync(HealthProbes.Stages(() => [new StageView("ingest", "restarting", 2, "MESH7105: gone")]));
        restarting.State.ShouldBe(HealthState.Degraded);
        restarting.Reason.ShouldContain("MESH7105");
        (await CheckAsync(HealthProbes.Stages(() => [new StageView("ingest", "stopped", 0, null)]))).State.ShouldBe(HealthState.Failed);
    }

    [Fact]
    public async Task A_stage_that_stands_still_at_work_is_not_live_and_an_idle_one_is()
    {
        var clock = new TickingTime();
        var heartbeat = new StageHeartbeat("ingest", clock);
        var probe = HealthProbes.Progress(() => [heartbeat], TimeSpan.FromMinutes(15));
        clock.Advance(TimeSpan.FromHours(1));
        (await LiveAsync(probe)).ShouldBeTrue();

        heartbeat.Begin();
        clock.Advance(TimeSpan.FromMinutes(14));
        (await LiveAsync(probe)).ShouldBeTrue();
        heartbeat.Beat();
        clock.Advance(TimeSpan.FromMinutes(14));
        (await LiveAsync(probe)).ShouldBeTrue();
        clock.Advance(TimeSpan.FromMinutes(2));
        (await LiveAsync(probe)).ShouldBeFalse();

        heartbeat.End();
        (await LiveAsync(probe)).ShouldBeTrue();
    }

    private static HealthProbe Of(HealthState state) => new(state.ToString(), _ => Task.FromResult(new HealthCheck(state.ToString(), state, "")));

    private async Task<(HealthState, bool Live, bool Ready)> ReportAsync(params HealthProbe[] probes)
    {
        using var health = new ServerHealth(probes, time);
        var report = await health.ExamineAsync(Token);
        return (report.Status, report.Live, report.Ready);
    }

    private async Task<HealthCheck> CheckAsync(HealthProbe probe)
    {
        using var health = new ServerHealth([probe], time);
        return (await health.ExamineAsync(Token)).Checks.ShouldHaveSingleItem();
    }

    private async Task<bool> LiveAsync(HealthProbe probe)
    {
        using var health = new ServerHealth([probe], time);
        return (await health.ExamineAsync(Token)).Live;
    }

    private sealed class TickingTime : TimeProvider
    {
        private long ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan by) => ticks += by.Ticks;
    }
}
