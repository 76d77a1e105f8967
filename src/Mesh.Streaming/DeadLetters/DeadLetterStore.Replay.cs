using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Bringing letters back, or giving them up. Everything here runs in the caller's transaction, with what it goes along with.</summary>
public sealed partial class DeadLetterStore
{
    /// <summary>Marks open letters as being replayed.</summary>
    /// <returns>Letters marked: those that were not open are not.</returns>
    public async Task<int> BeginReplayAsync(MetadataTransaction transaction, IReadOnlyList<string> ids, string replayId, string detail)
    {
        int marked = 0;
        foreach (string id in ids)
        {
            var parameters = new Dictionary<string, object?> { ["id"] = id, ["replayId"] = replayId, ["now"] = NowUs };
            int changed = await transaction.ExecuteAsync(
                "UPDATE dead_letters SET state = 1, replay_id = @replayId, changed_at = @now WHERE id = @id AND state = 0", parameters).ConfigureAwait(false);
            if (changed == 0) continue;
            marked++;
            await NoteAsync(transaction, "id = @id", parameters, NowUs, "replay_asked", detail).ConfigureAwait(false);
        }

        return marked;
    }

    /// <summary>
    /// Marks every open letter of a run as being replayed, because its whole recording runs again. What fails again is written again and opens
    /// again; what does not is settled once the run is committed.
    /// </summary>
    public async Task BeginRunAsync(MetadataTransaction transaction, string ingestId, string topology, string topologyVersion, string replayId, string detail)
    {
        var parameters = RunParameters(ingestId, topology, topologyVersion);
        parameters["replayId"] = replayId;
        parameters["now"] = NowUs;
        await NoteAsync(transaction, $"{OfRun} AND state = 0", parameters, NowUs, "replay_asked", detail).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            $"UPDATE dead_letters SET state = 1, replay_id = @replayId, changed_at = @now WHERE {OfRun} AND state = 0", parameters).ConfigureAwait(false);
    }

    /// <summary>
    /// Settles what a replay of a whole recording, or of files that a table had refused, still works on: the run is committed, and letters that
    /// its attempt wrote anew have opened again by themselves.
    /// </summary>
    public async Task SettleAsync(
        MetadataTransaction transaction, string replayId, string ingestId, string detail, string topology, string topologyVersion, string topologyDigest)
    {
        const string Settled = "replay_id = @replayId AND ingest_id = @ingestId AND state = 1";
        var parameters = new Dictionary<string, object?> { ["replayId"] = replayId, ["ingestId"] = ingestId, ["now"] = NowUs };
        await NoteAsync(transaction, Settled, parameters, NowUs, "replayed", detail, topology, topologyVersion, topologyDigest).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            $"DELETE FROM dead_letter_payloads WHERE letter_id IN (SELECT id FROM dead_letters WHERE {Settled} AND stage <> 'catalogue')", parameters).ConfigureAwait(false);
        await transaction.ExecuteAsync($"UPDATE dead_letters SET state = 2, changed_at = @now WHERE {Settled}", parameters).ConfigureAwait(false);
    }

    /// <summary>
    /// Counts messages of a letter as replayed. Call in the transaction that adds their rows: it fails, and the commit with it, when the
    /// letter is not being replayed by this replay any more, so that the rows are not added twice.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH2355</c>: the letter is not this replay's.</exception>
    public async Task AddReplayedAsync(
        MetadataTransaction transaction, string id, string replayId, long messages, string detail, string topology, string topologyVersion, string topologyDigest)
    {
        var parameters = new Dictionary<string, object?> { ["id"] = id, ["replayId"] = replayId, ["messages"] = messages, ["now"] = NowUs };
        int changed = await transaction.ExecuteAsync(
            """
            UPDATE dead_letters SET replayed = replayed + @messages, changed_at = @now, state = CASE WHEN replayed + @messages = count THEN 2 ELSE 1 END
            WHERE id = @id AND replay_id = @replayId AND state = 1 AND replayed + @messages <= count
            """,
            parameters).ConfigureAwait(false);
        if (changed == 0) throw new MeshException("MESH2355", $"Dead letter {id} is not being replayed by {replayId} any more; its messages are not added a second time. `mesh deadletters show {id}` tells what became of it.");
        await NoteAsync(transaction, "id = @id", parameters, NowUs, "replayed", detail, topology, topologyVersion, topologyDigest).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "DELETE FROM dead_letter_payloads WHERE letter_id = @id AND EXISTS (SELECT 1 FROM dead_letters WHERE id = @id AND state = 2)", parameters).ConfigureAwait(false);
    }

    /// <summary>Opens a letter again, or what is left of it, with the reason of the last attempt.</summary>
    /// <param name="transaction">The caller's.</param>
    /// <param name="id">The letter.</param>
    /// <param name="replayId">The replay that has it.</param>
    /// <param name="code">Code of what is wrong.</param>
    /// <param name="reason">What is wrong.</param>
    /// <param name="action">What the history calls it: <c>failed_again</c>, or <c>released</c> by a replay that was stopped.</param>
    public async Task ReopenAsync(MetadataTransaction transaction, string id, string replayId, string code, string reason, string action = "failed_again")
    {
        var parameters = new Dictionary<string, object?> { ["id"] = id, ["replayId"] = replayId, ["code"] = code, ["reason"] = reason, ["now"] = NowUs };
        int changed = await transaction.ExecuteAsync(
            """
            UPDATE dead_letters SET state = 0, replay_id = '', code = @code, reason = @reason, attempts = attempts + 1, changed_at = @now
            WHERE id = @id AND replay_id = @replayId AND state = 1
            """,
            parameters).ConfigureAwait(false);
        if (changed > 0) await NoteAsync(transaction, "id = @id", parameters, NowUs, action, $"{code}: {reason}").ConfigureAwait(false);
    }

    /// <summary>Gives letters up for good, those that are open.</summary>
    /// <returns>How many were.</returns>
    public ValueTask<int> DropAsync(IReadOnlyList<string> ids, string reason, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            int dropped = 0;
            foreach (string id in ids)
            {
                var parameters = new Dictionary<string, object?> { ["id"] = id, ["now"] = NowUs };
                int changed = await transaction.ExecuteAsync("UPDATE dead_letters SET state = 3, changed_at = @now WHERE id = @id AND state = 0", parameters).ConfigureAwait(false);
                if (changed == 0) continue;
                dropped++;
                await NoteAsync(transaction, "id = @id", parameters, NowUs, "dropped", reason).ConfigureAwait(false);
                await transaction.ExecuteAsync("DELETE FROM dead_letter_payloads WHERE letter_id = @id", parameters).ConfigureAwait(false);
            }

            return dropped;
        },
        cancellationToken);

    private const string OfRun = "ingest_id = @ingestId AND topology = @topology AND topology_version = @topologyVersion";

    private static Dictionary<string, object?> RunParameters(string ingestId, string topology, string topologyVersion) => new(StringComparer.Ordinal)
    {
        ["ingestId"] = ingestId, ["topology"] = topology, ["topologyVersion"] = topologyVersion,
    };
}
