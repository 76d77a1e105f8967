using Mesh.Broker.Access;
using Mesh.Broker.Network;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>One request type: its key, the versions it is advertised and implemented in, and how it is answered.</summary>
internal abstract class Api(ApiKey key, short minVersion, short maxVersion, short flexibleFrom)
{
    public ApiKey Key => key;

    public short MinVersion => minVersion;

    public short MaxVersion => maxVersion;

    /// <summary>First version with compact forms and tagged fields (KIP-482).</summary>
    public short FlexibleFrom => flexibleFrom;

    /// <summary>Whether a client may send it before it has authenticated.</summary>
    public virtual bool BeforeAuthentication => false;

    /// <summary>Reads the request's body and writes the response's.</summary>
    public abstract ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response);
}

/// <summary>What a request knows about its surroundings.</summary>
/// <param name="Version">Version of the request.</param>
/// <param name="ClientId">What the client calls itself.</param>
/// <param name="Principal">Who it speaks for.</param>
/// <param name="Authentication">The connection's authentication.</param>
/// <param name="Frame">The whole request; the handler may change it, since it is not read again.</param>
/// <param name="Disconnected">Fires when nobody waits for the answer any more.</param>
internal sealed record RequestContext(
    short Version, string ClientId, Principal Principal, Authentication Authentication, Memory<byte> Frame, CancellationToken Disconnected)
{
    /// <summary>Address the client comes from.</summary>
    public string ClientHost => Principal.Host;

    /// <summary>The client asked not to be answered.</summary>
    public bool NoResponse { get; set; }

    /// <summary>Where in the answer the throttle time is, for requests that quotas are kept on.</summary>
    public int? ThrottleTimeAt { get; set; }
}
