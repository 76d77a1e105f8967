using Mesh.Broker.Access;
using Mesh.Broker.Network;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Agrees on how to authenticate.</summary>
internal sealed class SaslHandshakeApi() : Api(ApiKey.SaslHandshake, 0, 1, flexibleFrom: short.MaxValue)
{
    public override bool BeforeAuthentication => true;

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var mechanism = SaslMechanisms.Find(request.String());
        var authentication = context.Authentication;
        var error = authentication.Step != AuthenticationStep.Handshake ? ErrorCode.IllegalSaslState
            : mechanism is null ? ErrorCode.UnsupportedSaslMechanism
            : ErrorCode.None;
        if (error == ErrorCode.None) authentication.Begin(mechanism!.Value, framed: context.Version >= 1);

        response.Error(error);
        response.Array(authentication.IsRequired ? SaslMechanisms.Names : [], static (writer, name) => writer.String(name));
        return ValueTask.CompletedTask;
    }
}
