using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mesh.Storage.Tests.S3;

/// <summary>Stands between a store and its server and does to chosen requests what networks do. One request a connection.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Uri server;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<string> requests = new();
    private readonly Task accepting;
    private Func<string, bool> fails = _ => false;
    private Func<string, bool>? losesOnce;
    private Func<string, bool>? cutsOnce;
    private (Func<string, bool> Chosen, Task Open)? held;

    public FaultyProxy(string server)
    {
        this.server = new Uri(server);
        listener.Start();
        Endpoint = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        accepting = AcceptAsync();
    }

    public string Endpoint { get; }

    /// <summary>Request lines, in the order of their arrival.</summary>
    public IReadOnlyCollection<string> Requests => requests;

    /// <summary>Chosen requests are answered with 503 from now on.</summary>
    public void FailFrom(Func<string, bool> chosen) => fails = chosen;

    public void FailNothing() => fails = _ => false;

    /// <summary>The next chosen request reaches the server; the connection breaks before its answer.</summary>
    public void LoseAnswer(Func<string, bool> chosen) => losesOnce = chosen;

    /// <summary>The answer to the next chosen request breaks off in the middle.</summary>
    public void CutAnswer(Func<string, bool> chosen) => cutsOnce = chosen;

    /// <summary>Chosen requests wait until the result is set.</summary>
    public TaskCompletionSource Hold(Func<string, bool> chosen)
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        held = (chosen, open.Task);
        return open;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var near = client.GetStream();
            var (head, rest) = await ReadHeadAsync(near);
            string line = head[..head.IndexOf('\r', StringComparison.Ordinal)];
            requests.Enqueue(line);
            if (held is { } hold && hold.Chosen(line)) await hold.Open.WaitAsync(stop.Token);

            using var far = new TcpClient(server.Host, server.Port);
            var behind = far.GetStream();
            await behind.WriteAsync(Encoding.ASCII.GetBytes(head.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)), stop.Token);
            await behind.WriteAsync(rest, stop.Token);
            var sending = near.CopyToAsync(behind, stop.Token);
            if (fails(line))
            {
                await near.WriteAsync("HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), stop.Token);
                return;
            }

            if (Take(ref losesOnce, line))
            {
                await behind.CopyToAsync(Stream.Null, stop.Token);
                client.Client.Close(0);
                return;
            }

            if (Take(ref cutsOnce, line))
            {
                byte[] some = new byte[100_000];
                await behind.ReadAtLeastAsync(some, some.Length, throwOnEndOfStream: false, stop.Token);
                await near.WriteAsync(some, stop.Token);
                return;
            }

            await behind.CopyToAsync(near, stop.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side has gone.
        }
    }

    private static bool Take(ref Func<string, bool>? once, string line)
    {
        if (once is not { } chosen || !chosen(line)) return false;
        once = null;
        return true;
    }

    private async Task<(string Head, byte[] Body)> ReadHeadAsync(NetworkStream stream)
    {
        byte[] buffer = new byte[64 << 10];
        int filled = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(filled), stop.Token);
            if (read == 0) throw new IOException("gone");
            filled += read;
            int end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0) return (Encoding.ASCII.GetString(buffer, 0, end + 4), buffer[(end + 4)..filled]);
        }
    }
}
