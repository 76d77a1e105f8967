using Mesh.Broker.Access;
using Mesh.Broker.Apis;
using Mesh.Broker.Network;
using Mesh.Broker.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Support;

/// <summary>Hands requests to their handlers past the network, in anybody's name.</summary>
internal static class Asking
{
    public static Authentication Unauthenticated(Principal principal) =>
        new(UserDirectory.Open(new Dictionary<string, string>(), null, "", TimeProvider.System, NullLogger.Instance), principal);

    /// <returns>The answer's body.</returns>
    public static async Task<ProtocolReader> AskAsync(TestBroker broker, string user, ApiKey key, short version, Action<ProtocolWriter> body)
    {
        var state = broker.Broker.State;
        var api = state.Apis.Find((short)key)!;
        bool flexible = version >= api.FlexibleFrom;
        using var request = new ProtocolWriter { Flexible = flexible };
        body(request);
        byte[] bytes = request.Written.ToArray();
        using var response = new ProtocolWriter { Flexible = flexible };
        var principal = new Principal(user, "10.0.0.1");
        var context = new RequestContext(version, "asking", principal, Unauthenticated(principal), bytes, TestContext.Current.CancellationToken);
        await api.HandleAsync(context, new ProtocolReader(bytes) { Flexible = flexible }, response);
        using var sent = new MemoryStream();
        await AnswerSending.SendAsync(sent, response, static _ => { }, TestContext.Current.CancellationToken);
        return new ProtocolReader(sent.ToArray()) { Flexible = flexible };
    }

    public static ErrorCode Error(this ProtocolReader reader) => (ErrorCode)reader.Int16();
}
