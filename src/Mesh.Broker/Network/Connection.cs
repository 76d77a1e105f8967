using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Mesh.Broker.Access;
using Mesh.Broker.Apis;
using Mesh.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Network;

/// <summary>
/// One client connection. A receiving loop takes requests off the socket, a processing loop answers them one after the other, which keeps
/// the answers in order and an idempotent producer's batches too. A parked request holds up its own connection only.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>A request before authentication has no reason to be longer.</summary>
    private const int MaxUnauthenticatedBytes = 64 << 10;

    /// <summary>Requests received ahead of the one in progress.</summary>
    private const int ReceivedAhead = 2;

    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(30);

    private readonly BrokerState broker;
    private readonly Socket socket;
    // Ends everything on the connection; stopping the broker only ends receiving, so that requests in progress are still answered.
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationTokenSource receivingEnd;
    private readonly CancellationTokenSource disconnected;
    private readonly TransferPace receivingPace;
    private readonly TransferPace sendingPace;
    private readonly long connected;
    private Authentication authentication;
    private FrameReceiver? receiver;
    private long lastActivity;
    private bool processing;
    private bool sending;

    // How long the client is not heard after the answer in progress.
    private TimeSpan muted;

    public Connection(BrokerState broker, Socket socket, CancellationToken stopping)
    {
        this.broker = broker;
        this.socket = socket;
        receivingEnd = CancellationTokenSource.CreateLinkedTokenSource(closing.Token, stopping);
        disconnected = CancellationTokenSource.CreateLinkedTokenSource(receivingEnd.Token);
        receivingPace = new TransferPace(broker.Time);
        sendingPace = new TransferPace(broker.Time);
        connected = broker.Time.GetTimestamp();
        ClientHost = HostOf(socket);
        authentication = new Authentication(broker.Users, new Principal(Principal.Anonymous, ClientHost));
        Touch();
    }

    public string ClientHost { get; }

    /// <summary>Address a connection comes from; one of IPv4 looks the same however it was accepted.</summary>
    public static string HostOf(Socket socket) => socket.RemoteEndPoint is System.Net.IPEndPoint { Address: var address }
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : "?";

    /// <summary>Serves the connection until it ends, whatever the reason.</summary>
    public async Task RunAsync()
    {
        try
        {
            using var stream = await OpenStreamAsync().ConfigureAwait(false);
            receiver = new FrameReceiver(stream, broker.Memory, receivingPace) { Received = Touch };
            var frames = Channel.CreateBounded<RequestFrame>(new BoundedChannelOptions(ReceivedAhead)
            {
                SingleReader = true,
                SingleWriter = true,

                // A request is carried out by the thread that received it, which goes on receiving once the request has to wait.
                AllowSynchronousContinuations = true,
            });
            var receiving = ReceiveAsync(frames.Writer);
            try
            {
                await ProcessAsync(stream, frames.Reader).ConfigureAwait(false);
            }
            finally
            {
                await closing.CancelAsync().ConfigureAwait(false);
                await receiving.ConfigureAwait(false);
                while (frames.Reader.TryRead(out var unread)) unread.Dispose();
            }
        }
        catch (ProtocolException e)
        {
            BrokerLog.ConnectionRefused(broker.Logger, ClientHost, e.Message);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            BrokerLog.ConnectionRefused(broker.Logger, ClientHost, e.Message);
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        disconnected.Dispose();
        receivingEnd.Dispose();
        closing.Dispose();
    }

    /// <summary>Closes the connection when nothing has been heard for too long; called now and then.</summary>
    public void CloseIfIdle()
    {
        var silence = broker.Time.GetElapsedTime(Volatile.Read(ref lastActivity));

        // While a request is in progress it is the client that waits, unless it does not take its answer.
        bool hurried = sending || receiver is null || receiver.InFrame;
        bool silent = silence >= (hurried ? ShortTimeout : broker.Options.IdleTimeout) && (!processing || sending);
        bool unknown = authentication.Step != AuthenticationStep.Done && broker.Time.GetElapsedTime(connected) >= ShortTimeout;
        if (silent || unknown || receivingPace.IsTooSlow() || sendingPace.IsTooSlow()) Close();
    }

    /// <summary>Ends the connection at once.</summary>
    public void Close()
    {
        try
        {
            closing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself.
        }
    }

    private void Touch() => Volatile.Write(ref lastActivity, broker.Time.GetTimestamp());

    private async ValueTask<Stream> OpenStreamAsync()
    {
        socket.NoDelay = true;
        var stream = new NetworkStream(socket, ownsSocket: false);
        if (broker.Options.TlsCertificate is not { } certificate) return stream;
        var tls = new SslStream(stream);
        var authorities = broker.Options.TlsClientAuthorities;
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                ClientCertificateRequired = authorities is not null,
                CertificateChainPolicy = authorities is null ? null : ClientChain(authorities),
            },
            closing.Token).ConfigureAwait(false);
        if (authorities is not null && tls.RemoteCertificate is X509Certificate2 client)
        {
            authentication = new Authentication(broker.Users, new Principal(CertificatePrincipal.NameOf(client.SubjectName), ClientHost));
        }

        return tls;
    }

    private static X509ChainPolicy ClientChain(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private async Task ReceiveAsync(ChannelWriter<RequestFrame> frames)
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                int limit = authentication.Step == AuthenticationStep.Done ? broker.Options.MaxRequestBytes : Math.Min(MaxUnauthenticatedBytes, broker.Options.MaxRequestBytes);
                if (await receiver!.ReceiveAsync(limit, receivingEnd.Token).ConfigureAwait(false) is not { } frame) break;
                try
                {
                    await frames.WriteAsync(frame, receivingEnd.Token).ConfigureAwait(false);
                }
                catch
                {
                    frame.Dispose();
                    throw;
                }
            }
        }
        catch (Exception e) when (e is ProtocolException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            failure = e;
        }

        // Requests that were received are still carried out: the client may have asked for no answer and gone. Only waiting ends.
        frames.TryComplete(failure);
        await disconnected.CancelAsync().ConfigureAwait(false);
    }

    private async Task ProcessAsync(Stream stream, ChannelReader<RequestFrame> frames)
    {
        await foreach (var frame in frames.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            processing = true;
            using var response = new ProtocolWriter(broker.Memory);
            if (await ProcessAsync(frame, response).ConfigureAwait(false))
            {
                response.PatchInt32(0, checked((int)response.TotalBytes) - sizeof(int));
                await SendAsync(stream, response).ConfigureAwait(false);
            }

            // Refused: the answer says so, and nothing more is heard (KIP-152).
            if (authentication.Step == AuthenticationStep.Failed) throw new ProtocolException("authentication failed");

            // A client that has used more than its quota is not heard for a while; it was told so in the answer (KIP-219).
            if (muted > TimeSpan.Zero) await Task.Delay(muted, broker.Time, disconnected.Token).ConfigureAwait(false);
            muted = TimeSpan.Zero;
            processing = false;
            Touch();
        }
    }

    private async ValueTask SendAsync(Stream stream, ProtocolWriter answer)
    {
        Touch();
        sending = true;
        sendingPace.Begin();
        await AnswerSending.SendAsync(stream, answer, OnSent, closing.Token).ConfigureAwait(false);
        sendingPace.End();
        sending = false;
    }

    private void OnSent(int bytes)
    {
        sendingPace.Advance(bytes);
        Touch();
    }

    /// <returns>False when there is no answer to send.</returns>
    private async ValueTask<bool> ProcessAsync(RequestFrame frame, ProtocolWriter response)
    {
        using (frame)
        {
            if (authentication.Step != AuthenticationStep.Bare) return await AnswerAsync(frame.Bytes, response).ConfigureAwait(false);
            await AuthenticateBareAsync(frame.Bytes, response).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>Carries out one request.</summary>
    /// <returns>False when it wants no answer.</returns>
    private async ValueTask<bool> AnswerAsync(Memory<byte> bytes, ProtocolWriter response)
    {
        var reader = new ProtocolReader(bytes);
        short key = reader.Int16();
        short version = reader.Int16();
        int correlationId = reader.Int32();
        string? clientId = reader.ClassicNullableString();
        response.Int32(0);
        response.Int32(correlationId);

        if (broker.Apis.Find(key) is not { } api) throw new ProtocolException($"request {key} is not known");
        if (authentication.Step != AuthenticationStep.Done && !api.BeforeAuthentication) throw new ProtocolException($"{api.Key} before authentication");
        if (version < api.MinVersion || version > api.MaxVersion)
        {
            if (api is not ApiVersionsApi versions) throw new ProtocolException($"{api.Key} version {version} is not supported");
            versions.WriteUnsupported(response);
            return true;
        }

        reader.Flexible = response.Flexible = version >= api.FlexibleFrom;
        reader.Tags();

        // Clients read this one answer before they know what the broker understands (KIP-511).
        if (api.Key != ApiKey.ApiVersions) response.Tags();

        var context = new RequestContext(version, clientId ?? "", authentication.Principal, authentication, bytes, disconnected.Token);
        try
        {
            await api.HandleAsync(context, reader, response).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (ProtocolException or OperationCanceledException))
        {
            BrokerLog.RequestFailed(broker.Logger, api.Key.ToString(), ClientHost, e);
            throw new ProtocolException($"{api.Key} failed");
        }

        Charge(api.Key, context, bytes.Length, response);
        return !context.NoResponse;
    }

    /// <summary>Charges the bytes of data to the user, where nobody has a name to the address.</summary>
    private void Charge(ApiKey key, RequestContext context, int requestBytes, ProtocolWriter response)
    {
        var quota = key == ApiKey.Produce ? broker.ProduceQuota : broker.FetchQuota;
        if (key is not (ApiKey.Produce or ApiKey.Fetch) || !quota.IsLimited) return;
        string party = context.Principal.Name == Principal.Anonymous ? ClientHost : context.Principal.ToString();
        muted = quota.Use(party, key == ApiKey.Produce ? requestBytes : response.TotalBytes);
        if (muted > TimeSpan.Zero && context.ThrottleTimeAt is { } at) response.PatchInt32(at, (int)Math.Ceiling(muted.TotalMilliseconds));
    }

    private async ValueTask AuthenticateBareAsync(ReadOnlyMemory<byte> token, ProtocolWriter response)
    {
        if (authentication.Answer(token.Span) is not { } answer)
        {
            BrokerLog.AuthenticationFailed(broker.Logger, ClientHost, authentication.User);
            await Task.Delay(broker.Options.FailedAuthenticationDelay, broker.Time, disconnected.Token).ConfigureAwait(false);
            throw new ProtocolException("authentication failed");
        }

        response.Int32(0);
        response.Raw(answer);
    }
}
