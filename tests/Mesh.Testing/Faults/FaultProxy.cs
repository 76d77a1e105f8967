using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Mesh.Testing.Faults;

/// <summary>
/// Stands between a client and its server, knows their protocol, and does what networks and servers do at their worst. What really happened is
/// counted here, where it happened, by kind.
/// </summary>
public abstract class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<Socket, byte> open = [];
    private readonly ConcurrentDictionary<string, int> occurred = new(StringComparer.Ordinal);
    private Task accepting = Task.CompletedTask;
    private volatile bool isBlackhole;

    /// <param name="listen">Where; port 0 takes a free one.</param>
    protected FaultProxy(IPEndPoint listen)
    {
        listener = new TcpListener(listen);
        listener.Start();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)listener.LocalEndpoint;

    /// <summary>Faults that really occurred, by kind.</summary>
    public IReadOnlyDictionary<string, int> Occurred => occurred;

    /// <summary>Takes everything and passes nothing on, as a network does that is cut without a word.</summary>
    public bool IsBlackhole
    {
        get => isBlackhole;
        set => isBlackhole = value;
    }

    /// <summary>Cuts every connection there is.</summary>
    /// <returns>How many.</returns>
    public int CutAll()
    {
        int cut = 0;
        foreach (var socket in open.Keys)
        {
            Cut(socket);
            cut++;
        }

        return cut;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await stop.CancelAsync().ConfigureAwait(false);
        listener.Dispose();
        CutAll();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    /// <summary>Begins to accept.</summary>
    protected void Start() => accepting = AcceptAsync();

    /// <summary>Serves a connection until either side goes; what is thrown then is no error.</summary>
    protected abstract Task ServeAsync(Socket client, CancellationToken stopping);

    /// <summary>Counts.</summary>
    protected void Count(string kind) => occurred.AddOrUpdate(kind, 1, static (_, before) => before + 1);

    /// <summary>Ends a connection with a reset.</summary>
    protected static void Cut(Socket socket)
    {
        try
        {
            socket.Close(0);
        }
        catch (ObjectDisposedException)
        {
            // It has gone by itself.
        }
    }

    /// <summary>Waits while nothing is passed on.</summary>
    protected async Task ThroughAsync(CancellationToken stopping)
    {
        if (!isBlackhole) return;
        Count("blackhole");
        while (isBlackhole) await Task.Delay(50, stopping).ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        while (true) _ = HandleAsync(await listener.AcceptSocketAsync(stop.Token).ConfigureAwait(false));
    }

    private async Task HandleAsync(Socket client)
    {
        client.NoDelay = true;
        open.TryAdd(client, 0);
        try
        {
            await ServeAsync(client, stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side has gone.
        }
        finally
        {
            open.TryRemove(client, out _);
            client.Dispose();
        }
    }
}
