using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Testing;

namespace Mesh.Streaming.Tests.DeadLetters;

public sealed class DeadLetterStoreOnSqliteTests() : DeadLetterStoreTests(TestDatabase.Sqlite);

public sealed class DeadLetterStoreOnPostgresTests() : DeadLetterStoreTests(TestDatabase.Postgres());

public abstract class DeadLetterStoreTests : IDisposable
{
    private const string Recording = "aaaa0000aaaa0000";

    private readonly TemporaryFolder folder = new();
    private readonly ManualTimeProvider time = new(DateTimeOffset.UnixEpoch.AddHours(1));
    private readonly MetadataDatabase database;
    private readonly DeadLetterStore store;

    protected DeadLetterStoreTests(TestDatabase place)
    {
        database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        store = new DeadLetterStore(database, time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_letter_read_again_is_the_same_letter_and_is_found_by_everything_it_says()
    {
        var letter = Letter(3);
        await store.IndexAsync([At(letter, 0), At(Letter(4), 1)], Token);
        await store.IndexAsync([At(letter, 0)], Token);
        await store.IndexAsync([At(letter, 2)], Token);

        (await store.ListAsync(new DeadLetterFilter(), 10, Token)).Select(entry => entry.Sequence).ShouldBe([3, 4]);
        var found = await store.FindAsync(letter.Id[..8], Token);
        (found!.State, found.Kind, found.Remaining, found.TopologyVersion).ShouldBe((DeadLetterState.Open, DeadLetterKind.Messages, 1L, "1"));
        (await store.PayloadAsync(letter.Id, Token)).ShouldBe([1, 2, 3]);
        (await store.HistoryAsync(letter.Id, Token)).Select(change => change.Action).ShouldBe(["written"]);
        (await store.PositionsAsync(Token))[("mesh.decode.dead-letters.v1", 0)].ShouldBe(3);
        var filters = new DeadLetterFilter[]
        {
            new() { Stage = "decode" }, new() { Code = "MESH2103" }, new() { Recording = Recording[..6] }, new() { Vehicle = "V1" }, new() { Channel = "/imu" },
            new() { State = DeadLetterState.Open }, new() { Since = DateTimeOffset.UnixEpoch, Until = DateTimeOffset.UnixEpoch.AddDays(1) },
        };
        foreach (var filter in filters) (await store.CountAsync(filter, Token)).ShouldBe(2, filter.ToString());
        foreach (var filter in new DeadLetterFilter[] { new() { Stage = "trigger" }, new() { Channel = "/im" }, new() { Until = DateTimeOffset.UnixEpoch }, new() { State = DeadLetterState.Dropped } })
        {
            (await store.CountAsync(filter, Token)).ShouldBe(0, filter.ToString());
        }

        (await Should.ThrowAsync<MeshException>(async () => await store.FindAsync("' OR", Token))).Code.ShouldBe("MESH2350");
    }

    [Fact]
    public async Task Messages_of_a_letter_are_counted_as_replayed_once_and_only_for_the_replay_that_has_it()
    {
        var letter = Letter(0);
        (letter.LastSequence, letter.Count) = (99, 100);
        await store.IndexAsync([At(letter, 0)], Token);

        (await WriteAsync(transaction => store.BeginReplayAsync(transaction, [letter.Id], "r1", ""))).ShouldBe(1);
        (await WriteAsync(transaction => store.BeginReplayAsync(transaction, [letter.Id], "r2", ""))).ShouldBe(0, "another has it");
        await ReplayedAsync("r1", 60);
        (await Should.ThrowAsync<MeshException>(() => ReplayedAsync("r2", 40))).Code.ShouldBe("MESH2355");
        (await Should.ThrowAsync<MeshException>(() => ReplayedAsync("r1", 41))).Code.ShouldBe("MESH2355", "that is more than it stands for");
        await WriteAsync(transaction => Done(store.ReopenAsync(transaction, letter.Id, "r1", "MESH2104", "still wrong")));

        var left = (await store.FindAsync(letter.Id, Token))!;
        (left.State, left.Remaining, left.Code, left.Reason, left.Attempts).ShouldBe((DeadLetterState.Open, 40L, "MESH2104", "still wrong", 2));

        // Its rows are in a table: whoever writes the letter again does not open it for them again.
        await WriteAsync(transaction => store.BeginReplayAsync(transaction, [letter.Id], "r3", ""));
        await ReplayedAsync("r3", 40);
        await store.IndexAsync([At(letter, 7)], Token);
        var settled = (await store.FindAsync(letter.Id, Token))!;
        (settled.State, settled.Remaining).ShouldBe((DeadLetterState.Replayed, 0L));
        (await store.HistoryAsync(letter.Id, Token)).Select(change => change.Action).ShouldBe(["written", "replay_asked", "replayed", "failed_again", "replay_asked", "replayed"]);
        (await store.PayloadAsync(letter.Id, Token)).ShouldBeNull("the topic has it; the index need not");

        async Task ReplayedAsync(string replay, long messages) =>
            await WriteAsync(transaction => Done(store.AddReplayedAsync(transaction, letter.Id, replay, messages, "", "fleet", "1", "d")));
    }

    [Fact]
    public async Task A_run_that_is_repeated_settles_what_it_does_not_write_again()
    {
        var whole = Letter(-1);
        var (cured, lasting) = (Letter(1), Letter(2));
        await store.IndexAsync([At(whole, 0), At(cured, 1), At(lasting, 2)], Token);

        await WriteAsync(transaction => store.BeginReplayAsync(transaction, [whole.Id], "r-run", ""));
        await WriteAsync(transaction => Done(store.BeginRunAsync(transaction, Recording, "fleet", "1", "r-run", "")));
        (await store.CountAsync(new DeadLetterFilter { State = DeadLetterState.Replaying }, Token)).ShouldBe(3);
        (await store.ListRecordingsInNeedAsync(DateTimeOffset.UnixEpoch, Token)).ShouldBe([Recording]);
        await WriteAsync(transaction => Done(store.SettleAsync(transaction, "r-run", Recording, "", "fleet", "1", "d")));

        // The attempt found the same fault in one message; its letter comes to the index after the run was settled.
        await store.IndexAsync([At(lasting, 3)], Token);
        (await StateOfAsync(whole), await StateOfAsync(cured), await StateOfAsync(lasting)).ShouldBe((DeadLetterState.Replayed, DeadLetterState.Replayed, DeadLetterState.Open));
        (await store.DropAsync([lasting.Id, cured.Id], "no use", Token)).ShouldBe(1);
        (await StateOfAsync(lasting), await StateOfAsync(cured)).ShouldBe((DeadLetterState.Dropped, DeadLetterState.Replayed));
        (await store.ListRecordingsInNeedAsync(DateTimeOffset.UnixEpoch, Token)).ShouldBeEmpty();
    }

    [Fact]
    public void Letters_of_two_versions_about_one_message_are_two_letters()
    {
        var (one, two) = (Letter(1), Letter(1));
        (one.TopologyVersion, two.TopologyVersion) = ("1", "2");

        DeadLetterSink.IdOf(one).ShouldNotBe(DeadLetterSink.IdOf(two));
    }

    private static DeadLetter Letter(long sequence)
    {
        var letter = new DeadLetter
        {
            Stage = "decode", Code = "MESH2103", Reason = "why", IngestId = Recording, VehicleId = "V1", Channel = sequence < 0 ? "" : "/imu", Sequence = sequence, LastSequence = sequence,
            Count = 1, Payload = ByteString.CopyFrom(1, 2, 3), Attempts = 1, Topology = "fleet", CreatedAtUs = 1_000 + sequence,
        };
        letter.Id = DeadLetterSink.IdOf(letter);
        return letter;
    }

    private static ConsumedEvent<DeadLetter> At(DeadLetter letter, long offset) =>
        new(new EventPosition(Topics.DeadLetters("decode"), 0, offset), letter.Id, ReadOnlyMemory<byte>.Empty) { Value = letter };

    private static async Task<int> Done(Task work)
    {
        await work;
        return 0;
    }

    private async Task<T> WriteAsync<T>(Func<MetadataTransaction, Task<T>> work) => await database.WriteAsync(work, Token);

    private async Task<DeadLetterState> StateOfAsync(DeadLetter letter) => (await store.FindAsync(letter.Id, Token))!.State;
}
