using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mesh.Testing.Faults;

/// <summary>
/// In front of PostgreSQL (protocol 3.0, "Message Formats"): understands messages well enough to know a COMMIT of a transaction that has
/// written. Counts <c>postgres-FAULT</c>.
/// </summary>
public sealed class PostgresFaultProxy : FaultProxy
{
    private readonly string socketPath;
    private readonly Lock gate = new();
    private (PostgresFault Fault, int Left)? armed;

    /// <param name="server">Its server, reached past the proxy by a socket in a folder.</param>
    public PostgresFaultProxy(PostgresServer server) : base(new IPEndPoint(IPAddress.Loopback, 0))
    {
        ArgumentNullException.ThrowIfNull(server);
        string host = server.Connection.Split(';').Single(part => part.StartsWith("Host=", StringComparison.Ordinal))["Host=".Length..];
        socketPath = Path.Combine(host, ".s.PGSQL.5432");
        Connection = server.Connection.Replace($"Host={host}", $"Host=127.0.0.1;Port={Address.Port}", StringComparison.Ordinal);
        Start();
    }

    /// <summary>Connection through the proxy.</summary>
    public string Connection { get; }

    /// <summary>The next commits of transactions that have written suffer.</summary>
    public void Arm(PostgresFault fault, int times)
    {
        lock (gate) armed = (fault, times);
    }

    /// <summary>No commit suffers any more.</summary>
    public void Disarm()
    {
        lock (gate) armed = null;
    }

    /// <inheritdoc/>
    protected override async Task ServeAsync(Socket client, CancellationToken stopping)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await server.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), stopping).ConfigureAwait(false);
        using var near = new NetworkStream(client, ownsSocket: false);
        using var far = new NetworkStream(server, ownsSocket: false);
        var session = new Session();
        var asking = AskAsync(client, near, far, session, stopping);
        var answering = AnswerAsync(client, near, far, session, stopping);
        await Task.WhenAny(asking, answering).ConfigureAwait(false);
        Cut(client);
        Cut(server);
        await Task.WhenAll(asking, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AskAsync(Socket client, NetworkStream near, NetworkStream far, Session session, CancellationToken stopping)
    {
        // Start-up messages have no type; one that asks for encryption is answered with a byte and followed by another.
        const int EncryptionRequestBytes = 8;
        byte[] startup;
        do
        {
            startup = await ReadAsync(near, typed: false, stopping).ConfigureAwait(false);
            await far.WriteAsync(startup, stopping).ConfigureAwait(false);
        }
        while (startup.Length == EncryptionRequestBytes);

        while (true)
        {
            byte[] message = await ReadAsync(near, typed: true, stopping).ConfigureAwait(false);
            await ThroughAsync(stopping).ConfigureAwait(false);
            if (message[0] == (byte)'Q' && Encoding.ASCII.GetString(message, 5, message.Length - 6).StartsWith("COMMIT", StringComparison.OrdinalIgnoreCase) && session.HasWritten && Take() is { } fault)
            {
                if (fault == PostgresFault.CommitNotSent)
                {
                    Count($"postgres-{fault}");
                    Cut(client);
                    return;
                }

                session.SwallowsAnswer = true;
            }

            await far.WriteAsync(message, stopping).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(Socket client, NetworkStream near, NetworkStream far, Session session, CancellationToken stopping)
    {
        bool isStarted = false;
        while (true)
        {
            if (!isStarted)
            {
                // The answer to a request for encryption is a single byte; everything else is messages.
                byte[] first = new byte[1];
                await far.ReadExactlyAsync(first, stopping).ConfigureAwait(false);
                if (first[0] is (byte)'N' or (byte)'S')
                {
                    await near.WriteAsync(first, stopping).ConfigureAwait(false);
                    continue;
                }

                isStarted = true;
                byte[] rest = await ReadAsync(far, typed: false, stopping).ConfigureAwait(false);
                await near.WriteAsync((byte[])[.. first, .. rest], stopping).ConfigureAwait(false);
                continue;
            }

            byte[] message = await ReadAsync(far, typed: true, stopping).ConfigureAwait(false);
            await ThroughAsync(stopping).ConfigureAwait(false);
            if (message[0] == (byte)'C')
            {
                string tag = Encoding.ASCII.GetString(message, 5, message.Length - 6);
                if (session.SwallowsAnswer && tag.StartsWith("COMMIT", StringComparison.Ordinal))
                {
                    Count($"postgres-{PostgresFault.CommitAnswerLost}");
                    Cut(client);
                    return;
                }

                if (tag is "COMMIT" or "ROLLBACK") session.HasWritten = false;
                else if ((tag.StartsWith("INSERT", StringComparison.Ordinal) || tag.StartsWith("UPDATE", StringComparison.Ordinal) || tag.StartsWith("DELETE", StringComparison.Ordinal)) && !tag.EndsWith(" 0", StringComparison.Ordinal)) session.HasWritten = true;
            }

            await near.WriteAsync(message, stopping).ConfigureAwait(false);
        }
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream, bool typed, CancellationToken stopping)
    {
        int prefix = typed ? 1 : 0;
        byte[] header = new byte[prefix + 4];
        await stream.ReadExactlyAsync(header, stopping).ConfigureAwait(false);
        byte[] message = new byte[prefix + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(prefix))];
        header.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(header.Length), stopping).ConfigureAwait(false);
        return message;
    }

    private PostgresFault? Take()
    {
        lock (gate)
        {
            if (armed is not { } some) return null;
            armed = some.Left > 1 ? (some.Fault, some.Left - 1) : null;
            return some.Fault;
        }
    }

    private sealed class Session
    {
        private volatile bool hasWritten, swallowsAnswer;

        public bool HasWritten
        {
            get => hasWritten;
            set => hasWritten = value;
        }

        public bool SwallowsAnswer
        {
            get => swallowsAnswer;
            set => swallowsAnswer = value;
        }
    }
}
