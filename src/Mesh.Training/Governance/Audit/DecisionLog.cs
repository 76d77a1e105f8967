using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Training.Governance.Audit;

/// <summary>
/// The decision log of the catalogue database: append-only, each entry with the hash of the one before it and a signature over its own.
/// Transactions are serialisable and the previous hash is unique, so that servers which share the database cannot fork it.
/// </summary>
public sealed class DecisionLog
{
    private const string Columns = "entry Text, hash Hash, signature Signature";
    private const int PageEntries = 500;

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the log creates its tables.</param>
    public DecisionLog(MetadataDatabase database)
    {
        this.database = database;
        GovernanceSchema.Migrate(database);
    }

    /// <summary>Entries of a subject, oldest first.</summary>
    /// <param name="subject">As in <see cref="Decision.Subject"/>; null for all subjects.</param>
    /// <param name="afterSequence">Only those after this one.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<IReadOnlyList<SignedDecision>> ListAsync(string? subject, long afterSequence, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ListAsync(session, subject, afterSequence, limit), cancellationToken);

    /// <summary>A page of entries, and how many there are on all.</summary>
    public ValueTask<(IReadOnlyList<SignedDecision> Items, long Total)> ListAsync(DecisionQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = new PageSql(database).Contains(query.Text, null, "subject", "actor", "entry").Equal("subject", query.Subject).Equal("actor", query.Actor)
                .Equal("kind", query.Kind is { } kind ? KindText(kind) : null)
                .From("at_us", query.From is { } from ? UnixMicros.Of(from) : null).Before("at_us", query.To is { } to ? UnixMicros.Of(to) : null);
            var (rows, total) = await sql.ReadAsync<StoredEntry>(
                session, query, $"SELECT sequence Sequence, {Columns} FROM decisions WHERE {sql.Conditions} ORDER BY sequence {(query.Descending ? "DESC" : "ASC")}", "decisions").ConfigureAwait(false);
            return ((IReadOnlyList<SignedDecision>)[.. rows.Select(row => row.ToSigned())], total);
        },
        cancellationToken);

    /// <summary>All entries, oldest first, read page by page.</summary>
    public async IAsyncEnumerable<SignedDecision> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long after = 0;
        while (true)
        {
            var page = await database.ReadAsync(
                session => session.QueryAsync<StoredEntry>($"SELECT sequence Sequence, {Columns} FROM decisions WHERE sequence > @after ORDER BY sequence LIMIT {PageEntries}", new { after }),
                cancellationToken).ConfigureAwait(false);
            foreach (var entry in page) yield return entry.ToSigned();
            if (page.Count < PageEntries) yield break;
            after = page[^1].Sequence;
        }
    }

    /// <summary>Place and hash of the newest entry, as they are kept beside the log; (0, zeros) when there is none.</summary>
    public ValueTask<(long Sequence, string Hash)> HeadAsync(CancellationToken cancellationToken) => database.ReadAsync(HeadAsync, cancellationToken);

    internal static async Task<IReadOnlyList<SignedDecision>> ListAsync(MetadataSession session, string? subject, long afterSequence, int limit) =>
        [.. (await session.QueryAsync<StoredEntry>(
            $"SELECT sequence Sequence, {Columns} FROM decisions WHERE (@subject IS NULL OR subject = @subject) AND sequence > @afterSequence ORDER BY sequence LIMIT @limit",
            new { subject, afterSequence, limit }).ConfigureAwait(false)).Select(entry => entry.ToSigned())];

    internal static async Task<(long Sequence, string Hash)> HeadAsync(MetadataSession session)
    {
        var head = await session.FirstOrDefaultAsync<StoredHead>("SELECT sequence Sequence, hash Hash FROM decision_head").ConfigureAwait(false);
        return head is null ? (0, Decision.NoPrevious) : (head.Sequence, head.Hash);
    }

    /// <summary>Shows all entries to a verifier, and what is kept beside them: the columns that queries go by, and the end.</summary>
    internal static async Task ExamineAsync(MetadataSession session, ChainVerifier verifier)
    {
        List<StoredEntry> page;
        long after = 0;
        do
        {
            page = await session.QueryAsync<StoredEntry>(
                $"SELECT sequence Sequence, previous Previous, kind AS Kind, subject AS Subject, actor AS Actor, {Columns} FROM decisions WHERE sequence > @after ORDER BY sequence LIMIT {PageEntries}",
                new { after }).ConfigureAwait(false);
            foreach (var row in page)
            {
                verifier.Add(row.ToSigned());
                after = row.Sequence;
                if (!row.HasItsColumns()) verifier.Report($"entry {row.Sequence} is listed under another place, kind, subject or actor than it says");
            }
        }
        while (page.Count == PageEntries);

        var (sequence, hash) = await HeadAsync(session).ConfigureAwait(false);
        verifier.CheckHead(sequence, hash);
    }

    /// <summary>Adds an entry that has been checked.</summary>
    internal static async Task AppendAsync(MetadataTransaction transaction, Decision decision, SignedDecision signed)
    {
        await transaction.ExecuteAsync(
            "INSERT INTO decisions VALUES (@Sequence, @Hash, @Previous, @kind, @Subject, @Actor, @atUs, @Text, @Signature)",
            new
            {
                decision.Sequence, signed.Hash, decision.Previous, kind = KindText(decision.Kind), decision.Subject, decision.Actor,
                atUs = UnixMicros.Of(Decision.TimeFrom(decision.At)!.Value), signed.Text, signed.Signature,
            }).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "INSERT INTO decision_head VALUES (1, @Sequence, @Hash) ON CONFLICT (only_one) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
            new { decision.Sequence, signed.Hash }).ConfigureAwait(false);
    }

    internal static string KindText(DecisionKind kind) => kind.ToString().ToLowerInvariant();

    private sealed class StoredEntry
    {
        public long Sequence { get; init; }
        public string Text { get; init; } = "";
        public string Hash { get; init; } = "";
        public string Signature { get; init; } = "";
        public string Previous { get; init; } = "";
        public string Kind { get; init; } = "";
        public string Subject { get; init; } = "";
        public string Actor { get; init; } = "";

        public SignedDecision ToSigned() => new(Text, Hash, Signature);

        public bool HasItsColumns()
        {
            try
            {
                var decision = Decision.Parse(Text);
                return (Sequence, Previous, Kind, Subject, Actor) == (decision.Sequence, decision.Previous, KindText(decision.Kind), decision.Subject, decision.Actor);
            }
            catch (MeshException)
            {
                return false;
            }
        }
    }

    private sealed class StoredHead
    {
        public long Sequence { get; init; }
        public string Hash { get; init; } = "";
    }
}
