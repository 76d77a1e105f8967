using Dapper;
using Npgsql;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// A duty as an advisory lock of one connection, which the server frees when the process dies. A process that only stands still (a paused
/// container, a swapping machine) does not close its connection; so the server ends it when the beat that comes over it stays away.
/// </summary>
internal sealed class PostgresLease : MetadataLease
{
    private const int LongestSilenceMs = 15_000;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(3);

    private readonly NpgsqlConnection connection;
    private readonly Func<Func<Task<int>>, ValueTask<int>> translated;
    private readonly SemaphoreSlim turn = new(1);
    private readonly CancellationTokenSource stop = new();
    private readonly Task beating;

    private PostgresLease(NpgsqlConnection connection, Func<Func<Task<int>>, ValueTask<int>> translated)
    {
        this.connection = connection;
        this.translated = translated;
        beating = BeatAsync();
    }

    /// <summary>Begins to keep a lock that the connection has.</summary>
    /// <param name="connection">The connection, the lease's from here on.</param>
    /// <param name="translated">Runs a query and translates its errors.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<MetadataLease> BeginAsync(NpgsqlConnection connection, Func<Func<Task<int>>, ValueTask<int>> translated, CancellationToken cancellationToken)
    {
        // Servers before 14 do not know the setting; there a duty is free only when its process has died.
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT set_config('idle_session_timeout', @silence, false) FROM pg_settings WHERE name = 'idle_session_timeout'",
            new { silence = LongestSilenceMs.ToString(System.Globalization.CultureInfo.InvariantCulture) }, cancellationToken: cancellationToken)).ConfigureAwait(false);
        return new PostgresLease(connection, translated);
    }

    /// <inheritdoc/>
    public override async ValueTask ConfirmAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await translated(() => connection.ExecuteScalarAsync<int>(new CommandDefinition("SELECT 1", cancellationToken: cancellationToken))).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await beating.ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            try
            {
                // The connection goes back to the pool and would take the lock along.
                await connection.ExecuteAsync("SELECT pg_advisory_unlock_all(); SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'").ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
            {
                // A connection that is lost holds no lock.
            }
        }

        turn.Dispose();
        stop.Dispose();
    }

    private async Task BeatAsync()
    {
        while (true)
        {
            await Task.Delay(Beat, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) return;
            try
            {
                await ConfirmAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is Model.MeshException or NpgsqlException)
            {
                // Lost for good; whoever holds the duty learns it when it asks.
                return;
            }
        }
    }
}
