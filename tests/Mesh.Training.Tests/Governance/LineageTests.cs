using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Training.Tests.Governance;

public class LineageTests : IDisposable
{
    private readonly GovernanceFixture fixture;

    public LineageTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected LineageTests(TestDatabase place) => fixture = new GovernanceFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_version_tells_its_recordings_vehicles_snapshots_job_trigger_code_and_files()
    {
        await AddRecordingAsync('a', "V1");
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        await fixture.WithdrawAsync("sam", RunnerFixture.Recording);

        var lineage = (await fixture.Governance.Lineage.FindAsync("manoeuvre", version, Stop))!;

        lineage.Model.ShouldBe("manoeuvre@1");
        lineage.Recordings.ShouldHaveSingleItem().ShouldBe(new(RunnerFixture.Recording, "V1", "morning", "a.mcap", new string('0', 64), "the driver asked"));
        lineage.Inputs.ShouldHaveSingleItem().ShouldBe(new("frames", "raw.frames", (1L << 60).ToString(), "3", 7));
        (lineage.Job.Rule, lineage.Job.Topology, lineage.Job.Reason, lineage.Job.Trainer, lineage.Job.CodeVersion).ShouldBe(("retrain", "fleet@v1", "enough new rows", "a script", "1.2.3"));
        lineage.Artifacts.ShouldHaveSingleItem().Sha256.ShouldBe(lineage.Sha256);
        (await fixture.Governance.Lineage.FindAsync("manoeuvre", 9, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task A_vehicle_and_a_recording_tell_every_version_that_saw_them_released_ones_first()
    {
        await AddRecordingAsync('a', "V1");
        await AddRecordingAsync('c', "V1");
        await AddRecordingAsync('d', "V2");
        await fixture.AddPeopleAsync();
        int first = await TrainOnAsync("ac");
        int second = await TrainOnAsync("d");
        int third = await TrainOnAsync("ad");
        await fixture.ReleaseAsync(first);
        await fixture.PromoteAsync(third, "rejected", "sam");

        var ofVehicle = await fixture.Governance.Lineage.ListByVehicleAsync("V1", Stop);
        ofVehicle.Select(model => (model.Model, model.State)).ShouldBe([("manoeuvre@1", "released"), ("manoeuvre@3", "rejected")]);
        ofVehicle[0].Recordings.ShouldBe([Id('a'), Id('c')]);
        (await fixture.Governance.Lineage.ListByVehicleAsync("V2", Stop)).Select(model => model.Model).ShouldBe(["manoeuvre@2", "manoeuvre@3"]);
        (await fixture.Governance.Lineage.ListByVehicleAsync("V3", Stop)).ShouldBeEmpty();
        (await fixture.Governance.Lineage.ListByRecordingAsync(Id('d'), Stop)).Select(model => model.Model).ShouldBe([$"manoeuvre@{second}", $"manoeuvre@{third}"]);
        (await fixture.Governance.Lineage.CountRecordingsAsync("V1", Stop)).ShouldBe(2);
    }

    private static string Id(char letter) => new(letter, 64);

    private Task<int> TrainOnAsync(string recordings) => fixture.TrainAsync(change: card => card["inputs"] = new[]
    {
        new { product = "frames", table = "raw.frames", snapshot_id = (1L << 60).ToString(), rows = 7, ingest_ids = recordings.Select(Id).ToArray() },
    });

    private async Task AddRecordingAsync(char letter, string vehicle) => await fixture.Recordings.TryAddAsync(
        new RecordingEntry
        {
            IngestId = IngestId.Parse(Id(letter)), VehicleId = vehicle, Session = "morning", FileName = $"{letter}.mcap", Uri = $"file:///{letter}", SizeBytes = 1,
            ContentSha256 = new string('0', 64), AcceptedAt = DateTimeOffset.UnixEpoch,
        },
        _ => Task.CompletedTask, Stop);
}
