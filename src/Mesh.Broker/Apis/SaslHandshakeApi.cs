using Mesh.Broker.Network;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Agrees on how to authenticate.</summary>
internal sealed class SaslHandshakeApi() : Api(ApiKey.SaslHandshake, 0, 1, flexibleFrom: short.MaxValue)
{
    private const string Plain = "PLAIN";

    public override bool BeforeAuthentication => true;

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        string mechanism = request.String();
        var authentication = context.Authentication;
        var error = !authentication.IsRequired ? ErrorCode.IllegalSaslState
            : mechanism != Plain ? ErrorCode.UnsupportedSaslMechanism
            : ErrorCode.None;
        if (error == ErrorCode.None) authentication.Step = context.Version == 0 ? AuthenticationStep.Bare : AuthenticationStep.Framed;

        response.Error(error);
        response.Array(authentication.IsRequired ? [Plain] : Array.Empty<string>(), static (writer, name) => writer.String(name));
        return ValueTask.CompletedTask;
    }
}
