using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Recordings;

/// <summary>A database of the time when a topology's version was a hash of its text and a recording had one account.</summary>
public class RecordingUpgradeTests : IDisposable
{
    private const string Hash = "0a1b2c3d4e5f";
    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;

    public RecordingUpgradeTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected RecordingUpgradeTests(TestDatabase place) => database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task What_was_finished_is_finished_in_version_one_and_no_table_takes_it_again()
    {
        var (whole, half, unreadable, waiting) = (LakeFixture.Ingest("whole"), LakeFixture.Ingest("half"), LakeFixture.Ingest("unreadable"), LakeFixture.Ingest("waiting"));
        LakeSchema.Migrate(database, 2);
        database.Migrate("recordings", RecordingSchema.Scripts[..1]);
        await database.WriteAsync(
            async transaction =>
            {
                await AddAsync(transaction, whole, RecordingState.Committed, Hash);
                await AddAsync(transaction, half, RecordingState.Written, Hash);
                await AddAsync(transaction, unreadable, RecordingState.DeadLettered, "");
                await AddAsync(transaction, waiting, RecordingState.Accepted, "");
                await transaction.ExecuteAsync("INSERT INTO recording_losses VALUES (@id, 0, 'MESH1', 2, 3, 'a', 'b')", new { id = whole.ToString() });
                await transaction.ExecuteAsync("INSERT INTO recording_channels VALUES (@id, 0, '/imu', 'Imu', 'raw.imu', 8, 7, 1, 'header')", new { id = whole.ToString() });
                await transaction.ExecuteAsync("INSERT INTO tables (uuid, namespace, name, metadata_uri, version) VALUES ('u', 'raw', 'imu', 'x', 0)");
                foreach (var id in new[] { whole, half })
                {
                    await transaction.ExecuteAsync("INSERT INTO recording_tables VALUES (@id, 'raw.imu')", new { id = id.ToString() });
                    await LedgerAsync(transaction, id, Hash);
                }

                await transaction.ExecuteAsync("INSERT INTO recording_tables VALUES (@id, 'raw.gnss')", new { id = half.ToString() });
                // Twice in one table, by two hashes: one of the rows becomes version 1, and nothing breaks.
                await LedgerAsync(transaction, half, "0123456789ab");
            },
            None);

        var store = new RecordingStore(database, TimeProvider.System);

        (await store.IsFinishedAsync(Run(whole), None)).ShouldBeTrue();
        (await store.IsFinishedAsync(Run(half), None)).ShouldBeFalse();
        (await store.IsFinishedAsync(Run(unreadable), None)).ShouldBeTrue();
        var found = (await store.FindAsync(whole, None))!;
        (found.State, found.MessagesIn, found.RowsOut, found.CommittedAt).ShouldBe((RecordingState.Committed, 10, 7, UnixMicros.ToTime(2_000_000)));
        found.Losses.ShouldBe([new DataLoss("MESH1", 2, 3, "a", "b")]);
        found.Channels.ShouldHaveSingleItem().Channel.ShouldBe("/imu");
        found.Runs.ShouldHaveSingleItem().Digest.ShouldBe(Hash);
        (await store.FindAsync(half, None))!.Tables.ShouldBe(["raw.gnss", "raw.imu"]);
        (await store.FindAsync(unreadable, None))!.Reason.ShouldBe("why");
        (await store.FindAsync(waiting, None))!.State.ShouldBe(RecordingState.Accepted);
        var listed = (await store.ListAsync(new RecordingQuery(), None)).Items.ToDictionary(item => item.IngestId);
        listed[whole.ToString()].ShouldBe(listed[whole.ToString()] with { State = RecordingState.Committed, CommittedAt = UnixMicros.ToTime(2_000_000), LossCount = 1, MessagesIn = 10, RowsOut = 7 });
        listed[half.ToString()].State.ShouldBe(RecordingState.Written);
        listed[unreadable.ToString()].ShouldBe(listed[unreadable.ToString()] with { State = RecordingState.DeadLettered, Reason = "why" });
        listed[waiting.ToString()].State.ShouldBe(RecordingState.Accepted);
        var ledger = await database.ReadAsync(session => session.QueryAsync<string>("SELECT topology_version FROM ledger ORDER BY ingest_id, topology_version"), None);
        ledger.Count(version => version == "1").ShouldBe(2);
        ledger.Count.ShouldBe(3);
    }

    private static RecordingRun Run(IngestId id) => new(id, "fleet", "1");

    private static Task LedgerAsync(MetadataTransaction transaction, IngestId id, string version) => transaction.ExecuteAsync(
        "INSERT INTO ledger VALUES ('u', @id, 'fleet', @version, 'attempt', 1, 1)", new { id = id.ToString(), version });

    private static Task AddAsync(MetadataTransaction transaction, IngestId id, RecordingState state, string version) => transaction.ExecuteAsync(
        """
        INSERT INTO recordings (
            ingest_id, vehicle_id, session, file_name, uri, size_bytes, content_sha256, accepted_at, committed_at, state, reason, topology, topology_version,
            messages_in, rows_out, dead_letters, not_selected, frames_out)
        VALUES (@id, 'V1', '', 'a.mcap', 'file:///a', 1, 'x', 1000000, @committedAt, @state, @reason, @topology, @version, 10, 7, 2, 1, 3)
        """,
        new
        {
            id = id.ToString(), state = (int)state, version, topology = version.Length > 0 ? "fleet" : "",
            reason = state == RecordingState.DeadLettered ? "why" : null, committedAt = state == RecordingState.Committed ? 2_000_000L : (long?)null,
        });
}
