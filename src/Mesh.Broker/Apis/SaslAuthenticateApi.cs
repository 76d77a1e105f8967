using Mesh.Broker.Network;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Carries the tokens of the mechanism agreed on. Who is refused is answered late and then not heard any more.</summary>
internal sealed class SaslAuthenticateApi(BrokerState broker) : Api(ApiKey.SaslAuthenticate, 0, 2, flexibleFrom: 2)
{
    public override bool BeforeAuthentication => true;

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var token = request.Bytes();
        request.Tags();

        var authentication = context.Authentication;
        var error = ErrorCode.None;
        string? message = null;
        byte[]? answer = null;
        if (authentication.Step != AuthenticationStep.Framed)
        {
            (error, message) = (ErrorCode.IllegalSaslState, "A SaslHandshake must come first.");
        }
        else if ((answer = authentication.Answer(token.Span)) is null)
        {
            // The same words whatever was wrong: which users there are is nobody's business.
            BrokerLog.AuthenticationFailed(broker.Logger, context.ClientHost, authentication.User);
            await Task.Delay(broker.Options.FailedAuthenticationDelay, broker.Time, context.Disconnected).ConfigureAwait(false);
            (error, message) = (ErrorCode.SaslAuthenticationFailed, "User or password is wrong.");
        }

        response.Error(error);
        response.NullableString(message);
        response.Bytes(answer);
        if (context.Version >= 1) response.Int64(0);
        response.Tags();
    }
}
