using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Tests.Network;

/// <summary>Sends bytes as they are and takes answers apart only as far as the frame.</summary>
internal sealed class WireClient : IDisposable
{
    private readonly TcpClient client = new();
    private NetworkStream stream = null!;

    public static async Task<WireClient> ConnectAsync(KafkaBroker broker)
    {
        var wire = new WireClient();
        await wire.client.ConnectAsync(IPAddress.Loopback, broker.Port, TestContext.Current.CancellationToken);
        wire.stream = wire.client.GetStream();
        return wire;
    }

    public static byte[] Request(ApiKey key, short version, int correlationId, Action<ProtocolWriter> body, bool flexible = false)
    {
        using var writer = new ProtocolWriter();
        writer.Int32(0);
        writer.Int16((short)key);
        writer.Int16(version);
        writer.Int32(correlationId);
        writer.NullableString("wire");
        writer.Flexible = flexible;
        writer.Tags();
        body(writer);
        writer.PatchInt32(0, writer.Length - 4);
        return writer.Written.ToArray();
    }

    public async Task SendAsync(byte[] bytes) => await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>The next answer without its length; null when the broker closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        byte[] length = new byte[4];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            await stream.ReadExactlyAsync(length, patience.Token);
            byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await stream.ReadExactlyAsync(frame, patience.Token);
            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>No more bytes will follow.</summary>
    public void Finish() => client.Client.Shutdown(SocketShutdown.Send);

    public void Dispose() => client.Dispose();
}
