using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Mesh.Testing.Faults;

/// <summary>
/// In front of a Kafka broker: understands the framing of requests and answers (size, API key and version, correlation id) and where some
/// answers have their error code. Counts <c>kafka-FAULT-API</c>.
/// </summary>
/// <remarks>
/// Clients go where the broker tells them to: have it advertise this proxy's address, for example by listening on 127.0.0.1 and advertising
/// 127.0.0.2 with the same port.
/// </remarks>
public sealed class KafkaFaultProxy : FaultProxy
{
    private readonly IPEndPoint broker;
    private readonly List<(KafkaFault Fault, KafkaApi Api, short Error, int Left)> armed = [];

    /// <param name="listen">Where.</param>
    /// <param name="broker">Where the broker is.</param>
    public KafkaFaultProxy(IPEndPoint listen, IPEndPoint broker) : base(listen)
    {
        this.broker = broker;
        Start();
    }

    /// <summary>The next requests of an API suffer.</summary>
    /// <param name="fault">How.</param>
    /// <param name="api">Which.</param>
    /// <param name="times">How many.</param>
    /// <param name="error">What the client is told with <see cref="KafkaFault.Error"/>.</param>
    public void Arm(KafkaFault fault, KafkaApi api, int times, short error = 0)
    {
        lock (armed) armed.Add((fault, api, error, times));
    }

    /// <summary>Nothing suffers any more.</summary>
    public void Disarm()
    {
        lock (armed) armed.Clear();
    }

    /// <inheritdoc/>
    protected override async Task ServeAsync(Socket client, CancellationToken stopping)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await server.ConnectAsync(broker, stopping).ConfigureAwait(false);
        using var near = new NetworkStream(client, ownsSocket: false);
        using var far = new NetworkStream(server, ownsSocket: false);
        var waiting = new ConcurrentDictionary<int, Awaited>();
        var asking = AskAsync(near, far, waiting, stopping);
        var answering = AnswerAsync(near, far, waiting, stopping);
        await Task.WhenAny(asking, answering).ConfigureAwait(false);
        Cut(client);
        Cut(server);
        await Task.WhenAll(asking, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AskAsync(NetworkStream near, NetworkStream far, ConcurrentDictionary<int, Awaited> waiting, CancellationToken stopping)
    {
        while (true)
        {
            byte[] frame = await ReadAsync(near, stopping).ConfigureAwait(false);
            await ThroughAsync(stopping).ConfigureAwait(false);
            var api = (KafkaApi)BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(4));
            short version = BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(6));
            int correlation = BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(8));
            var (fault, error) = Take(api);
            if (fault == KafkaFault.Disconnect)
            {
                Count($"kafka-{fault}-{api}");
                return;
            }

            if (fault is { } later) waiting[correlation] = new Awaited(later, api, version, error);
            await far.WriteAsync(frame, stopping).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(NetworkStream near, NetworkStream far, ConcurrentDictionary<int, Awaited> waiting, CancellationToken stopping)
    {
        while (true)
        {
            byte[] frame = await ReadAsync(far, stopping).ConfigureAwait(false);
            await ThroughAsync(stopping).ConfigureAwait(false);
            if (waiting.TryRemove(BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)), out var awaited))
            {
                if (awaited.Fault == KafkaFault.AnswerLost)
                {
                    Count($"kafka-{awaited.Fault}-{awaited.Api}");
                    return;
                }

                if (KafkaErrors.TryWrite(frame.AsSpan(8), awaited.Api, awaited.Version, awaited.Error)) Count($"kafka-{awaited.Fault}-{awaited.Api}");
            }

            await near.WriteAsync(frame, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>A frame with its size before it.</summary>
    private static async Task<byte[]> ReadAsync(NetworkStream stream, CancellationToken stopping)
    {
        byte[] size = new byte[4];
        await stream.ReadExactlyAsync(size, stopping).ConfigureAwait(false);
        byte[] frame = new byte[4 + BinaryPrimitives.ReadInt32BigEndian(size)];
        size.CopyTo(frame, 0);
        await stream.ReadExactlyAsync(frame.AsMemory(4), stopping).ConfigureAwait(false);
        return frame;
    }

    private (KafkaFault? Fault, short Error) Take(KafkaApi api)
    {
        lock (armed)
        {
            int place = armed.FindIndex(each => each.Api == api);
            if (place < 0) return (null, 0);
            var (fault, _, error, left) = armed[place];
            if (left <= 1) armed.RemoveAt(place);
            else armed[place] = (fault, api, error, left - 1);
            return (fault, error);
        }
    }

    private sealed record Awaited(KafkaFault Fault, KafkaApi Api, short Version, short Error);
}
