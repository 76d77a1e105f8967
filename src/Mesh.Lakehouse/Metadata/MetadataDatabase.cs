using Dapper;
using Mesh.Model;
using Microsoft.Data.Sqlite;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// The SQLite file (<c>mesh.db</c>) that holds table pointers, ledger, recordings, outbox, rules, jobs and models. WAL, synchronous=FULL,
/// foreign keys on; writes are serialised within the process so that a busy database is the exception.
/// </summary>
/// <remarks>
/// Errors: <c>MESH8200</c> cannot be opened (transient once it has been), <c>MESH8201</c> newer than this program, <c>MESH8202</c> busy (transient),
/// <c>MESH8203</c> input/output failure (transient), <c>MESH8204</c> damaged, <c>MESH8205</c> read-only, <c>MESH8020</c> disk full (transient).
/// </remarks>
public sealed class MetadataDatabase : IDisposable
{
    /// <summary>How long a statement waits for another process's write, in seconds.</summary>
    private const int BusyTimeoutSeconds = 10;

    private readonly string path;
    private readonly string connectionString;
    private readonly bool readOnly;
    private readonly SemaphoreSlim writeTurn = new(1, 1);

    // What could be opened once can be opened again: a full disk or too many open files pass.
    private bool hasBeenOpen;

    private MetadataDatabase(string path, bool readOnly)
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

    /// <summary>Raised after a write has been committed.</summary>
    internal event Action? Committed;

    /// <summary>Opens or creates the database.</summary>
    /// <param name="path">File.</param>
    /// <param name="readOnly">Whether only reading is allowed, as by commands that run beside a server.</param>
    /// <exception cref="MeshException"><c>MESH8200</c> when it cannot be opened.</exception>
    public static MetadataDatabase Open(string path, bool readOnly = false)
    {
        if (readOnly && !File.Exists(path))
        {
            throw new MeshException("MESH8200", $"There is no database '{path}'. Check the data directory, or start the server once to create it.");
        }

        var database = new MetadataDatabase(path, readOnly);
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

    /// <summary>
    /// Brings a component's tables up to date: runs those of its scripts that have not run yet, in order, each in a transaction.
    /// Does nothing on a read-only database.
    /// </summary>
    /// <param name="component">Name under which the number of scripts run is kept.</param>
    /// <param name="scripts">Scripts by version; published ones never change.</param>
    /// <exception cref="MeshException"><c>MESH8201</c> when a newer program has run more scripts than these.</exception>
    public void Migrate(string component, IReadOnlyList<string> scripts) => Translated(() =>
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

    /// <summary>Runs a query.</summary>
    public ValueTask<T> ReadAsync<T>(Func<SqliteConnection, T> query, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Translated(() =>
        {
            using var connection = Connect();
            return query(connection);
        }));
    }

    /// <summary>Runs work in one immediate transaction, committed when it returns and rolled back when it throws.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<SqliteTransaction, T> work, CancellationToken cancellationToken)
    {
        if (readOnly)
        {
            throw new MeshException("MESH8205", $"The database '{path}' is open for reading only. Send this change to the running server.");
        }

        await writeTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        T result;
        try
        {
            result = Translated(() =>
            {
                using var connection = Connect();
                using var transaction = connection.BeginTransaction(deferred: false);
                T value = work(transaction);
                transaction.Commit();
                return value;
            });
        }
        finally
        {
            writeTurn.Release();
        }

        Committed?.Invoke();
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
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
        catch (SqliteException exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH8200", $"Cannot open the database '{path}': {exception.Message} Check the path and its permissions.", hasBeenOpen, exception);
        }
    }

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
}
