using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Mesh.Model;

namespace Mesh.Broker.Network;

/// <summary>Accepts connections and keeps count of them.</summary>
internal sealed class Listener : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);

    private readonly BrokerState broker;
    private readonly Socket socket;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<Connection, Task> connections = new();
    private readonly ConcurrentDictionary<string, int> perAddress = new();
    private readonly RateQuota arrivals;
    private readonly ITimer sweep;
    private Task accepting = Task.CompletedTask;

    private Listener(BrokerState broker, Socket socket)
    {
        this.broker = broker;
        this.socket = socket;
        arrivals = new RateQuota(broker.Options.MaxConnectionsPerSecond, broker.Time);
        sweep = broker.Time.CreateTimer(static listener => ((Listener)listener!).Sweep(), this, SweepInterval, SweepInterval);
    }

    public int Connections => connections.Count;

    /// <summary>Takes the port, so that its number is known before anything is answered on it.</summary>
    public static Socket Bind(BrokerOptions options)
    {
        var socket = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(options.Listen, options.Port));
            socket.Listen(512);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            string what = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "is taken by another process" : $"cannot be used: {e.Message}";
            throw new MeshException("MESH7002", $"Port {options.Port} on {options.Listen} {what}. Choose another one with the option `kafka.port`, or stop what uses it.", innerException: e);
        }
    }

    public static Listener Start(BrokerState broker, Socket socket)
    {
        var listener = new Listener(broker, socket);
        listener.accepting = listener.AcceptAsync();
        return listener;
    }

    /// <summary>Stops accepting, ends waiting requests, lets those in progress finish.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await sweep.DisposeAsync().ConfigureAwait(false);
        await stopping.CancelAsync().ConfigureAwait(false);
        socket.Dispose();
        await accepting.ConfigureAwait(false);
        try
        {
            await Task.WhenAll(connections.Values).WaitAsync(patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (var connection in connections.Keys) connection.Close();
        }
    }

    public void Dispose()
    {
        stopping.Dispose();
        socket.Dispose();
        sweep.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var client = await socket.AcceptAsync(stopping.Token).ConfigureAwait(false);
                string host = Connection.HostOf(client);
                bool full = connections.Count >= broker.Options.MaxConnections;
                if (full || perAddress.GetValueOrDefault(host) >= broker.Options.MaxConnectionsPerAddress)
                {
                    BrokerLog.ConnectionRefused(broker.Logger, host, full ? "too many connections (MaxConnections)" : "too many connections from there (MaxConnectionsPerAddress)");
                    client.Dispose();
                    continue;
                }

                perAddress.AddOrUpdate(host, 1, static (_, count) => count + 1);
                Serve(new Connection(broker, client, stopping.Token), arrivals.Use(host, 1));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // For example out of file handles: others go on, new ones have to wait.
                BrokerLog.AcceptFailed(broker.Logger, e);
                await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
            }
        }
    }

    private void Serve(Connection connection, TimeSpan wait)
    {
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connections[connection] = served.Task;
        _ = ServeAsync();

        async Task ServeAsync()
        {
            await Task.Yield();
            try
            {
                using (connection)
                {
                    if (wait > TimeSpan.Zero) await Task.Delay(wait, broker.Time, stopping.Token).ConfigureAwait(false);
                    await connection.RunAsync().ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // Stopped while it waited for its turn.
            }
            finally
            {
                Leave(connection.ClientHost);
                connections.TryRemove(connection, out _);
                served.SetResult();
            }
        }
    }

    private void Leave(string host)
    {
        // Only an unchanged count is removed: another connection may have come in between.
        if (perAddress.AddOrUpdate(host, 0, static (_, count) => count - 1) == 0) perAddress.TryRemove(new KeyValuePair<string, int>(host, 0));
    }

    private void Sweep()
    {
        foreach (var connection in connections.Keys) connection.CloseIfIdle();
    }
}
