using System.Data;
using Dapper;
using Mesh.Model;
using Npgsql;

namespace Mesh.Lakehouse.Metadata;

/// <summary>The database as a schema of a PostgreSQL server; several processes may share it.</summary>
/// <remarks>
/// Writes are SERIALIZABLE and run again when the server says that they collide (40001, 40P01). The work was written for SQLite, where a
/// transaction that writes is alone: much of it reads before it writes (a rule's rows since its last firing and its cooldown, a recording's
/// missing tables, the next job). Under READ COMMITTED each would need its own locks and its own argument, and a later one could forget them;
/// serialisable transactions keep what SQLite promised, whatever the work does. Collisions are rare, since commits to one table take turns
/// within a process and everything else is short, and a conflict on a pointer or in the ledger is found by the repeated run.
/// <para>
/// A connection that is lost while committing leaves open whether the work was committed. It is then reported as failed (<c>MESH8203</c>,
/// transient), like the death of this process right after the commit: ledger, ingest ids and job ids make the repetition harmless.
/// </para>
/// </remarks>
internal sealed class PostgresDatabase : MetadataDatabase
{
    /// <summary>Runs of one piece of work before the collision is reported as <c>MESH8202</c>.</summary>
    private const int MaxAttempts = 20;

    /// <summary>Connections of one process; PostgreSQL allows 100 for all by default.</summary>
    private const int DefaultPoolSize = 20;

    /// <summary>
    /// A process that stands still in the middle of a transaction keeps its locks so long; then the server ends it, and the work of others goes
    /// on. Longer than any transaction waits for anything but the database.
    /// </summary>
    private const int LongestPauseMs = 20_000;

    /// <summary>What the server then says.</summary>
    private const string IdleInTransaction = "25P03";

    /// <summary>How often a process asks for a duty that another has.</summary>
    private static readonly TimeSpan DutyPoll = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource source;
    private readonly string place;
    private readonly string schema;
    private readonly bool readOnly;
    private readonly SemaphoreSlim migrating = new(1, 1);
    private readonly Lock scriptsLock = new();

    // Scripts by component that have not been compared with the database yet.
    private Dictionary<string, IReadOnlyList<string>> due = new(StringComparer.Ordinal);

    // Number of scripts by component that are known to have run.
    private readonly Dictionary<string, int> done = new(StringComparer.Ordinal);

    // What could be reached once will be reached again: servers restart.
    private bool hasBeenOpen;

    public PostgresDatabase(string connection, string schema, bool readOnly)
    {
        var builder = PostgresConnection.Parse(connection);
        this.schema = schema.Length > 0 ? schema : "public";
        PostgresConnection.RequireSchemaName(this.schema);
        this.readOnly = readOnly;
        place = $"{PostgresConnection.Describe(connection)}, schema {this.schema}";
        builder.SearchPath = this.schema;
        builder.ApplicationName ??= "mesh";
        if (!connection.Contains("pool size", StringComparison.OrdinalIgnoreCase)) builder.MaxPoolSize = DefaultPoolSize;
        if (builder.Options?.Contains("idle_in_transaction_session_timeout", StringComparison.Ordinal) != true)
        {
            builder.Options = $"{builder.Options} -c idle_in_transaction_session_timeout={LongestPauseMs}".Trim();
        }

        if (readOnly) builder.Options = $"{builder.Options} -c default_transaction_read_only=on".Trim();
        source = NpgsqlDataSource.Create(builder);
    }

    /// <inheritdoc/>
    public override bool IsReadOnly => readOnly;

    /// <inheritdoc/>
    public override void Migrate(string component, IReadOnlyList<string> scripts)
    {
        lock (scriptsLock)
        {
            if (done.TryGetValue(component, out int known) && known == scripts.Count) return;
            due = new Dictionary<string, IReadOnlyList<string>>(due, StringComparer.Ordinal) { [component] = scripts };
        }
    }

    /// <inheritdoc/>
    public override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        await TranslatedAsync(async () =>
        {
            var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            hasBeenOpen = true;
            await MigrateAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<T> ReadAsync<T>(Func<MetadataSession, Task<T>> query, CancellationToken cancellationToken) => TranslatedAsync(async () =>
    {
        await MigrateAsync(cancellationToken).ConfigureAwait(false);
        // REPEATABLE READ: all queries see the moment of the first.
        return await InTransactionAsync(IsolationLevel.RepeatableRead, query, cancellationToken).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    private protected override async ValueTask<T> CommitAsync<T>(Func<MetadataTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        if (readOnly) throw new MeshException("MESH8205", $"The database {place} is open for reading only. Send this change to the running server.");
        return await TranslatedAsync(async () =>
        {
            await MigrateAsync(cancellationToken).ConfigureAwait(false);
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    return await InTransactionAsync(IsolationLevel.Serializable, work, cancellationToken).ConfigureAwait(false);
                }
                catch (PostgresException exception) when (attempt < MaxAttempts && IsCollision(exception, attempt))
                {
                    await Task.Delay(Random.Shared.Next(1 << Math.Min(attempt, 8)), cancellationToken).ConfigureAwait(false);
                }
            }
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override bool IsShared => true;

    /// <inheritdoc/>
    public override (string Sql, string Value) Like(string text, string parameter, string pattern) => ($"{text} LIKE @{parameter} ESCAPE ''", pattern);

    /// <inheritdoc/>
    public override string Contains(string text, string sought) => $"strpos(lower({text}), {sought}) > 0";

    /// <inheritdoc/>
    public override ValueTask<MetadataLease> HoldAsync(string duty, CancellationToken cancellationToken) => TranslatedAsync<MetadataLease>(async () =>
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The lock belongs to the connection: the server frees it when the process dies.
            while (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "SELECT pg_try_advisory_lock(hashtextextended(@name, 0))", new { name = LockName($"duty {duty}") }, cancellationToken: cancellationToken)).ConfigureAwait(false))
            {
                await Task.Delay(DutyPoll, cancellationToken).ConfigureAwait(false);
            }

            return await PostgresLease.BeginAsync(connection, action => TranslatedAsync(action), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    });

    /// <inheritdoc/>
    public override void Dispose()
    {
        source.Dispose();
        migrating.Dispose();
    }

    // Two transactions that insert the same key may learn it as a broken constraint instead of a collision; one that is really broken stays so.
    private static bool IsCollision(PostgresException exception, int attempt) =>
        exception.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
        || (exception.SqlState == PostgresErrorCodes.UniqueViolation && attempt <= 2);

    private async Task<T> InTransactionAsync<T>(IsolationLevel isolation, Func<Transaction, Task<T>> work, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            hasBeenOpen = true;
            var transaction = await connection.BeginTransactionAsync(isolation, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                T result = await work(new Transaction(this, transaction, cancellationToken)).ConfigureAwait(false);
                // Not cancelled half-way: whether it is committed must be known.
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                return result;
            }
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        if (due.Count == 0) return;
        await migrating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (due is { Count: > 0 } scripts)
            {
                foreach (var (component, versions) in scripts) await MigrateAsync(component, versions, cancellationToken).ConfigureAwait(false);
                lock (scriptsLock)
                {
                    foreach (var (component, versions) in scripts) done[component] = versions.Count;
                    due = due.Where(entry => !ReferenceEquals(scripts.GetValueOrDefault(entry.Key), entry.Value)).ToDictionary(StringComparer.Ordinal);
                }
            }
        }
        finally
        {
            migrating.Release();
        }
    }

    private async Task MigrateAsync(string component, IReadOnlyList<string> scripts, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Each version in its own transaction, and after the lock: READ COMMITTED sees what a process that held it before has done.
            bool isDone = await InTransactionAsync(IsolationLevel.ReadCommitted, async transaction =>
            {
                if (!readOnly)
                {
                    await transaction.LockAsync("migration").ConfigureAwait(false);
                    // Asked first, since the right to create schemas is only needed where there is none.
                    if (await transaction.ScalarAsync<long>("SELECT count(*) FROM pg_namespace WHERE nspname = @schema", new { schema }).ConfigureAwait(false) == 0)
                    {
                        await transaction.ExecuteAsync($"CREATE SCHEMA {schema}").ConfigureAwait(false);
                    }

                    await transaction.ExecuteAsync(PostgresDialect.Translate(
                        "CREATE TABLE IF NOT EXISTS schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL)")).ConfigureAwait(false);
                }

                long version = await VersionAsync(transaction, component).ConfigureAwait(false);
                if (version > scripts.Count)
                {
                    throw new MeshException("MESH8201",
                        $"The database {place} was written by a newer version: '{component}' is at {version}, this program knows {scripts.Count}. Use the newer program.");
                }

                if (readOnly || version == scripts.Count) return true;
                await transaction.ExecuteAsync(PostgresDialect.Translate(scripts[(int)version])).ConfigureAwait(false);
                await transaction.ExecuteAsync(
                    "INSERT INTO schema_versions VALUES (@component, @version) ON CONFLICT (component) DO UPDATE SET version = excluded.version",
                    new { component, version = version + 1 }).ConfigureAwait(false);
                return false;
            }, cancellationToken).ConfigureAwait(false);
            if (isDone) return;
        }
    }

    private async Task<long> VersionAsync(MetadataSession session, string component)
    {
        bool exists = await session.ScalarAsync<long>(
            "SELECT count(*) FROM pg_tables WHERE schemaname = @schema AND tablename = 'schema_versions'", new { schema }).ConfigureAwait(false) > 0;
        return exists
            ? await session.ScalarAsync<long>("SELECT version FROM schema_versions WHERE component = @component", new { component }).ConfigureAwait(false)
            : 0;
    }

    private async ValueTask<T> TranslatedAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (NpgsqlException exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
        catch (InvalidOperationException exception) when (exception.Source == "Npgsql" && hasBeenOpen)
        {
            // Npgsql's word for a connection that broke before it was used again.
            throw new MeshException("MESH8203", $"The connection to the database {place} is gone: {exception.Message} The work is retried.", isTransient: true, exception);
        }
    }

    private MeshException? Translate(NpgsqlException exception)
    {
        if (exception is not PostgresException { SqlState: var state } refusal)
        {
            return hasBeenOpen
                ? new MeshException("MESH8203", $"The connection to the database {place} failed: {exception.Message} The work is retried; check that the server runs.", isTransient: true, exception)
                : new MeshException("MESH8200", $"Cannot reach the database {place}: {exception.Message} Check that the server runs and the setting catalogue.connection.", innerException: exception);
        }

        return state switch
        {
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable => new MeshException(
                "MESH8202", $"The database {place} is busy: other work kept colliding with this. The work is retried.", isTransient: true, exception),
            PostgresErrorCodes.DiskFull => new MeshException(
                "MESH8020", $"No space left while writing the database {place}. Free space on the server's disk; the work is retried.", isTransient: true, exception),
            _ when state.StartsWith("53", StringComparison.Ordinal) => new MeshException(
                "MESH8202", $"The database {place} has no room for this work: {refusal.MessageText}. The work is retried; raise the server's limits if it stays.", isTransient: true, exception),
            // Shut down, starting up, connection broken, input or output failed.
            _ when state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("58", StringComparison.Ordinal)
                || state is PostgresErrorCodes.QueryCanceled or IdleInTransaction => new MeshException(
                "MESH8203", $"The database {place} does not answer: {refusal.MessageText}. The work is retried; check the server.", isTransient: true, exception),
            PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => new MeshException(
                "MESH8204", $"The database {place} is damaged: {refusal.MessageText}. Restore it from a backup.", innerException: exception),
            PostgresErrorCodes.ReadOnlySqlTransaction => new MeshException(
                "MESH8205", $"The database {place} cannot be written: {refusal.MessageText}. Connect to the primary server.", innerException: exception),
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn when readOnly => new MeshException(
                "MESH8205", $"The database {place} lacks tables this program reads: {refusal.MessageText}. Start the server once to upgrade it.", innerException: exception),
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName
                or PostgresErrorCodes.InsufficientPrivilege => new MeshException(
                "MESH8206", $"The database {place} refuses access: {refusal.MessageText}. Check user, password, database and rights in the setting catalogue.connection.", innerException: exception),
            _ => null,
        };
    }

    // Locks are the database's; schemas do not share them.
    private string LockName(string name) => $"mesh {schema} {name}";

    private sealed class Transaction(PostgresDatabase database, NpgsqlTransaction transaction, CancellationToken cancellationToken)
        : MetadataTransaction(transaction, cancellationToken)
    {
        // Held until the transaction ends.
        internal override Task LockAsync(string name) =>
            ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended(@name, 0))", new { name = database.LockName(name) });
    }
}
