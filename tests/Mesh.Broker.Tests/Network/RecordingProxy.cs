using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Mesh.Broker.Tests.Network;

/// <summary>Stands between a client and the broker and keeps the requests of the client.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentBag<Task> pumps = [];

    public RecordingProxy() => listener.Start();

    public ConcurrentQueue<byte[]> Requests { get; } = [];

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Starts passing connections on.</summary>
    public void Connect(int brokerPort) => pumps.Add(AcceptAsync(brokerPort));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await Task.WhenAll(pumps);
        stopping.Dispose();
    }

    private async Task AcceptAsync(int brokerPort)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stopping.Token);
                var broker = new TcpClient();
                await broker.ConnectAsync(IPAddress.Loopback, brokerPort, stopping.Token);
                pumps.Add(PumpAsync(client, broker, record: true));
                pumps.Add(PumpAsync(broker, client, record: false));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool record)
    {
        try
        {
            var input = from.GetStream();
            while (true)
            {
                byte[] length = new byte[4];
                await input.ReadExactlyAsync(length, stopping.Token);
                byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
                await input.ReadExactlyAsync(frame, stopping.Token);
                if (record) Requests.Enqueue(frame);
                await to.GetStream().WriteAsync((byte[])[.. length, .. frame], stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
