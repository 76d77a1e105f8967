using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Mesh.Kafka;

/// <summary>
/// Asks a broker for a topic's id with a Metadata request of version 10 (KIP-516), which librdkafka 2.0.2 has no call for. Speaks PLAINTEXT and TLS,
/// without login or with SASL PLAIN.
/// </summary>
internal sealed class TopicIdRequest(KafkaOptions options)
{
    private const short SaslHandshake = 17;
    private const short SaslAuthenticate = 36;
    private const short Metadata = 3;
    private const short UnknownTopic = 3;
    private const int MaxAnswerBytes = 16 << 20;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <returns>32 hexadecimal digits; empty when brokers do not tell; null when there is no such topic.</returns>
    /// <exception cref="IOException">No broker answers.</exception>
    public async Task<string?> SendAsync(string topic, CancellationToken cancellationToken)
    {
        if (options.User is not null && !options.SaslMechanism.Equals("PLAIN", StringComparison.OrdinalIgnoreCase)) return "";
        Exception? failure = null;
        foreach (string address in options.Bootstrap.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Timeout);
            try
            {
                return await AskAsync(address, topic, patience.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or SocketException or FormatException)
            {
                failure = exception;
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                failure = exception;
            }
        }

        throw new IOException(failure?.Message ?? "kafka.bootstrap names no broker", failure);
    }

    private async Task<string?> AskAsync(string address, string topic, CancellationToken cancellationToken)
    {
        int colon = address.LastIndexOf(':');
        string host = colon < 0 ? address : address[..colon].Trim('[', ']');
        int port = colon < 0 ? 9092 : int.Parse(address.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        var stream = await SecureAsync(client.GetStream(), host, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            if (options.User is not null) await LogInAsync(stream, cancellationToken).ConfigureAwait(false);
            byte[] answer;
            try
            {
                answer = await ExchangeAsync(stream, Metadata, 10, isFlexible: true, BodyOf(topic), cancellationToken).ConfigureAwait(false);
            }
            catch (EndOfStreamException)
            {
                // How brokers answer a version that they do not know.
                return "";
            }

            return ReadAnswer(answer);
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream network, string host, CancellationToken cancellationToken)
    {
        bool usesTls = options.SecurityProtocol?.EndsWith("SSL", StringComparison.OrdinalIgnoreCase) ?? (options.TlsCaFile is not null || options.TlsCertificateFile is not null);
        if (!usesTls) return network;
        var settings = new SslClientAuthenticationOptions { TargetHost = host };
        if (options.TlsCaFile is { } caFile)
        {
            settings.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            settings.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(caFile);
        }

        if (options.TlsCertificateFile is { } certificate) settings.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, options.TlsKeyFile)];
        var secure = new SslStream(network);
        await secure.AuthenticateAsClientAsync(settings, cancellationToken).ConfigureAwait(false);
        return secure;
    }

    private async Task LogInAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] answer = await ExchangeAsync(stream, SaslHandshake, 1, isFlexible: false, Text16("PLAIN"), cancellationToken).ConfigureAwait(false);
        RequireNoError(answer);
        byte[] login = Encoding.UTF8.GetBytes($"\0{options.User}\0{options.Password}");
        byte[] body = new byte[sizeof(int) + login.Length];
        BinaryPrimitives.WriteInt32BigEndian(body, login.Length);
        login.CopyTo(body, sizeof(int));
        RequireNoError(await ExchangeAsync(stream, SaslAuthenticate, 0, isFlexible: false, body, cancellationToken).ConfigureAwait(false));
    }

    private static void RequireNoError(byte[] answer)
    {
        if (answer.Length < sizeof(short) || BinaryPrimitives.ReadInt16BigEndian(answer) != 0) throw new IOException("the broker refused the login");
    }

    /// <returns>The answer behind its header.</returns>
    private async Task<byte[]> ExchangeAsync(Stream stream, short api, short version, bool isFlexible, byte[] body, CancellationToken cancellationToken)
    {
        byte[] client = Text16(options.ClientId);
        int tags = isFlexible ? 1 : 0;
        byte[] request = new byte[sizeof(int) + 8 + client.Length + tags + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(request, request.Length - sizeof(int));
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(4), api);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(6), version);
        client.CopyTo(request, 12);
        body.CopyTo(request, 12 + client.Length + tags);
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);

        byte[] size = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(size, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32BigEndian(size);
        int head = sizeof(int) + tags;
        if (length < head || length > MaxAnswerBytes) throw new IOException($"an answer of {length} bytes");
        byte[] answer = new byte[length];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        return answer[head..];
    }

    private static byte[] BodyOf(string topic)
    {
        byte[] name = Encoding.UTF8.GetBytes(topic);
        // Topics: one, by name; do not create it; no authorised operations.
        var body = new List<byte> { 2 };
        body.AddRange(new byte[16]);
        for (uint length = (uint)name.Length + 1; ; length >>= 7)
        {
            body.Add((byte)(length < 0x80 ? length : (length & 0x7f) | 0x80));
            if (length < 0x80) break;
        }

        body.AddRange(name);
        body.AddRange([0, 0, 0, 0, 0]);
        return [.. body];
    }

    private static string? ReadAnswer(ReadOnlySpan<byte> answer)
    {
        try
        {
            int at = sizeof(int);
            for (uint brokers = Varint(answer, ref at); brokers > 1; brokers--)
            {
                at += sizeof(int);
                SkipText(answer, ref at);
                at += sizeof(int);
                SkipText(answer, ref at);
                SkipTags(answer, ref at);
            }

            SkipText(answer, ref at);
            at += sizeof(int);
            if (Varint(answer, ref at) < 2) return null;
            short error = BinaryPrimitives.ReadInt16BigEndian(answer[at..]);
            at += sizeof(short);
            if (error == UnknownTopic) return null;
            if (error != 0) throw new IOException($"the broker answered with error {error}");
            SkipText(answer, ref at);
            var id = answer.Slice(at, 16);
            return id.IndexOfAnyExcept((byte)0) < 0 ? "" : Convert.ToHexStringLower(id);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new IOException("the broker's answer ends too early");
        }
    }

    private static uint Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte next = bytes.Slice(at++, 1)[0];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) break;
        }

        return value;
    }

    private static void SkipText(ReadOnlySpan<byte> bytes, ref int at)
    {
        uint length = Varint(bytes, ref at);
        if (length > 1) at += bytes.Slice(at, (int)Math.Min(length - 1, int.MaxValue)).Length;
    }

    private static void SkipTags(ReadOnlySpan<byte> bytes, ref int at)
    {
        for (uint tags = Varint(bytes, ref at); tags > 0; tags--)
        {
            Varint(bytes, ref at);
            at += bytes.Slice(at, (int)Varint(bytes, ref at)).Length;
        }
    }

    private static byte[] Text16(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] field = new byte[sizeof(short) + utf8.Length];
        BinaryPrimitives.WriteInt16BigEndian(field, (short)utf8.Length);
        utf8.CopyTo(field, sizeof(short));
        return field;
    }
}
