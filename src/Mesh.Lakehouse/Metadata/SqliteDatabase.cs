using Dapper;
using Mesh.Model;
using Microsoft.Data.Sqlite;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// The database as a SQLite file. WAL, synchronous=FULL, foreign keys on; writes are immediate transactions, serialised within the process so
/// that a busy database is the exception. SQLite does no asynchronous input or output: what runs here completes before it returns.
/// </summary>
internal sealed class SqliteDatabase : MetadataDatabase
{
    /// <summary>How long a statement waits for another process's write, in seconds.</summary>
    private const int BusyTimeoutSeconds = 10;

    private readonly string path;
    private readonly string connectionString;
    private readonly bool readOnly;
    private readonly SemaphoreSlim writeTurn = new(1, 1);

    // What could be opened once can be opened again: a full disk or too many open files pass.
    private bool hasBeenOpen;

    private SqliteDatabase(string path, bool readOnly)
    {
        this.path = Path.GetFullPath(path);
        this.readOnly = readOnly;
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = this.path,
            Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
            ForeignKeys = true,
            DefaultTimeout = BusyTimeoutSeconds,
            Pooling = true,
        }.ToString();
    }

    /// <inheritdoc/>
    public override bool IsReadOnly => readOnly;

    public static new SqliteDatabase Open(string path, bool readOnly)
    {
        if (readOnly && !File.Exists(path))
        {
            throw new MeshException("MESH8200", $"There is no database '{path}'. Check the data directory, or start the server once to create it.");
        }

        var database = new SqliteDatabase(path, readOnly);
        database.Translated(() =>
        {
            if (!readOnly) Directory.CreateDirectory(Path.GetDirectoryName(database.path)!);
            using var connection = database.Connect();
            if (!readOnly)
            {
                connection.Execute("PRAGMA journal_mode = WAL");
                connection.Execute("CREATE TABLE IF NOT EXISTS schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID");
            }

            // Opening reads nothing yet: a damaged file must be found here, not by the first query.
            return connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_schema");
        });
        database.hasBeenOpen = true;
        return database;
    }

    /// <inheritdoc/>
    public override void Migrate(string component, IReadOnlyList<string> scripts) => Translated(() =>
    {
        using var connection = Connect();
        RefuseNewer(connection, component, scripts.Count, null);
        if (readOnly) return 0;
        for (int version = 0; version < scripts.Count; version++)
        {
            // Immediate: another process that migrates at the same time waits here and then finds the work done.
            using var transaction = connection.BeginTransaction(deferred: false);
            if (RefuseNewer(connection, component, scripts.Count, transaction) == version)
            {
                connection.Execute(scripts[version], transaction: transaction);
                connection.Execute(
                    "INSERT INTO schema_versions VALUES (@component, @version) ON CONFLICT (component) DO UPDATE SET version = excluded.version",
                    new { component, version = version + 1 }, transaction);
            }

            transaction.Commit();
        }

        return 0;
    });

    /// <inheritdoc/>
    public override ValueTask PrepareAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public override ValueTask<T> ReadAsync<T>(Func<MetadataSession, Task<T>> query, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return TranslatedAsync(async () =>
        {
            using var connection = Connect();
            using var transaction = connection.BeginTransaction(deferred: true);
            return await query(new MetadataSession(transaction, CancellationToken.None)).ConfigureAwait(false);
        });
    }

    /// <inheritdoc/>
    private protected override async ValueTask<T> CommitAsync<T>(Func<MetadataTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        if (readOnly)
        {
            throw new MeshException("MESH8205", $"The database '{path}' is open for reading only. Send this change to the running server.");
        }

        await writeTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await TranslatedAsync(async () =>
            {
                using var connection = Connect();
                using var transaction = connection.BeginTransaction(deferred: false);
                T value = await work(new Transaction(transaction)).ConfigureAwait(false);
                transaction.Commit();
                return value;
            }).ConfigureAwait(false);
        }
        finally
        {
            writeTurn.Release();
        }
    }

    /// <inheritdoc/>
    public override bool IsShared => false;

    /// <inheritdoc/>
    public override (string Sql, string Value) Like(string text, string parameter, string pattern)
    {
        var glob = new System.Text.StringBuilder(pattern.Length);
        foreach (char letter in pattern)
        {
            glob.Append(letter switch { '%' => "*", '_' => "?", '*' => "[*]", '?' => "[?]", '[' => "[[]", _ => letter.ToString() });
        }

        return ($"{text} GLOB @{parameter}", glob.ToString());
    }

    /// <inheritdoc/>
    public override string Contains(string text, string sought) => $"instr(lower({text}), {sought}) > 0";

    /// <inheritdoc/>
    public override ValueTask<MetadataLease> HoldAsync(string duty, CancellationToken cancellationToken) => ValueTask.FromResult<MetadataLease>(new Lease());

    /// <inheritdoc/>
    public override void Dispose()
    {
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
        writeTurn.Dispose();
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA synchronous = FULL; PRAGMA busy_timeout = {BusyTimeoutSeconds * 1000}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private long RefuseNewer(SqliteConnection connection, string component, int known, SqliteTransaction? transaction)
    {
        long tables = connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_versions'", transaction: transaction);
        if (tables == 0) return 0;
        long version = connection.ExecuteScalar<long?>(
            "SELECT version FROM schema_versions WHERE component = @component", new { component }, transaction) ?? 0;
        if (version > known)
        {
            throw new MeshException("MESH8201",
                $"The database '{path}' was written by a newer version: '{component}' is at {version}, this program knows {known}. Use the newer program.");
        }

        return version;
    }

    private T Translated<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    private async ValueTask<T> TranslatedAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    private MeshException? Translate(Exception exception) => exception switch
    {
        SqliteException failure => Translate(failure),
        IOException or UnauthorizedAccessException => new MeshException(
            "MESH8200", $"Cannot open the database '{path}': {exception.Message} Check the path and its permissions.", hasBeenOpen, exception),
        _ => null,
    };

    private MeshException? Translate(SqliteException exception) => exception.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => new MeshException(
            "MESH8202", $"The database '{path}' is busy: another process holds it. The work is retried.", isTransient: true, exception),
        SQLitePCL.raw.SQLITE_FULL => new MeshException(
            "MESH8020", $"No space left while writing the database '{path}'. Free space on that disk; the work is retried.", isTransient: true, exception),
        SQLitePCL.raw.SQLITE_IOERR => new MeshException(
            "MESH8203", $"Reading or writing the database '{path}' failed: {exception.Message} Check the disk.", isTransient: true, exception),
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => new MeshException(
            "MESH8204", $"The database '{path}' is damaged: {exception.Message} Restore it from a backup.", innerException: exception),
        SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM => new MeshException(
            "MESH8200", $"Cannot open the database '{path}': {exception.Message} Check the path, its permissions and the space on that disk.", hasBeenOpen, exception),
        SQLitePCL.raw.SQLITE_READONLY => new MeshException(
            "MESH8205", $"The database '{path}' cannot be written: {exception.Message} Check its permissions.", innerException: exception),
        SQLitePCL.raw.SQLITE_ERROR when readOnly => new MeshException(
            "MESH8205", $"The database '{path}' lacks tables this program reads: {exception.Message} Start the server once to upgrade it.", innerException: exception),
        _ => null,
    };

    private sealed class Lease : MetadataLease
    {
        public override ValueTask ConfirmAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Transaction(SqliteTransaction transaction) : MetadataTransaction(transaction, CancellationToken.None)
    {
        // There is one writer at a time.
        internal override Task LockAsync(string name) => Task.CompletedTask;
    }
}
