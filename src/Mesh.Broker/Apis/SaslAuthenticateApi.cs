using Mesh.Broker.Network;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Authenticates by SASL PLAIN.</summary>
internal sealed class SaslAuthenticateApi(BrokerState broker) : Api(ApiKey.SaslAuthenticate, 0, 2, flexibleFrom: 2)
{
    public override bool BeforeAuthentication => true;

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var token = request.Bytes();
        request.Tags();

        var authentication = context.Authentication;
        var error = ErrorCode.None;
        string? message = null;
        if (authentication.Step != AuthenticationStep.Framed)
        {
            (error, message) = (ErrorCode.IllegalSaslState, "A SaslHandshake must come first.");
        }
        else if (authentication.Check(token.Span, out string user))
        {
            authentication.Step = AuthenticationStep.Done;
        }
        else
        {
            BrokerLog.AuthenticationFailed(broker.Logger, context.ClientHost, user);
            authentication.Step = AuthenticationStep.Handshake;
            (error, message) = (ErrorCode.SaslAuthenticationFailed, "User or password is wrong.");
        }

        response.Error(error);
        response.NullableString(message);
        response.Bytes([]);
        if (context.Version >= 1) response.Int64(0);
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
