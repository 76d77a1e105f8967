using System.Text;
using Mesh.Broker.Access;

namespace Mesh.Broker.Network;

/// <summary>How far a connection has got with SASL (KIP-43, KIP-152).</summary>
internal enum AuthenticationStep
{
    /// <summary>Nothing said yet.</summary>
    Handshake,

    /// <summary>SaslHandshake v1 agreed on a mechanism; a SaslAuthenticate request follows.</summary>
    Framed,

    /// <summary>SaslHandshake v0 agreed on a mechanism; the bare token follows.</summary>
    Bare,

    /// <summary>Known, or nobody has to be.</summary>
    Done,

    /// <summary>Refused; the connection ends with the answer.</summary>
    Failed,
}

/// <summary>One connection's way to a principal: SASL PLAIN (RFC 4616) or SCRAM (RFC 5802).</summary>
/// <param name="users">Who may log in.</param>
/// <param name="unauthenticated">Who the client is as long as SASL has not said: nobody, or the subject of its certificate.</param>
internal sealed class Authentication(UserDirectory users, Principal unauthenticated)
{
    private SaslMechanism mechanism;
    private ScramExchange? exchange;

    public AuthenticationStep Step { get; private set; } = users.IsRequired ? AuthenticationStep.Handshake : AuthenticationStep.Done;

    /// <summary>Whether SASL is asked for.</summary>
    public bool IsRequired => users.IsRequired;

    /// <summary>Who the connection speaks for.</summary>
    public Principal Principal { get; private set; } = unauthenticated;

    /// <summary>The user that was named, known or not.</summary>
    public string User { get; private set; } = "";

    /// <summary>Agrees on a mechanism.</summary>
    /// <param name="chosen">The mechanism.</param>
    /// <param name="framed">Whether tokens come in SaslAuthenticate requests.</param>
    public void Begin(SaslMechanism chosen, bool framed)
    {
        mechanism = chosen;
        exchange = null;
        Step = framed ? AuthenticationStep.Framed : AuthenticationStep.Bare;
    }

    /// <summary>Takes the client's next token.</summary>
    /// <returns>The token to answer with; null when the client is refused.</returns>
    public byte[]? Answer(ReadOnlySpan<byte> token)
    {
        byte[]? answer;
        if (mechanism == SaslMechanism.Plain)
        {
            answer = CheckPlain(token) ? [] : null;
        }
        else if (exchange is null)
        {
            exchange = new ScramExchange(mechanism, users);
            answer = exchange.First(token);
            User = exchange.User;
            if (answer is not null) return answer;
        }
        else
        {
            answer = exchange.Final(token);
        }

        if (answer is not null) Principal = Principal with { Name = User };
        Step = answer is not null ? AuthenticationStep.Done : AuthenticationStep.Failed;
        exchange = null;
        return answer;
    }

    /// <param name="token"><c>[authorisation id] NUL user NUL password</c>.</param>
    private bool CheckPlain(ReadOnlySpan<byte> token)
    {
        int first = token.IndexOf((byte)0);
        if (first < 0) return false;
        var rest = token[(first + 1)..];
        int second = rest.IndexOf((byte)0);
        if (second < 0) return false;
        User = Encoding.UTF8.GetString(rest[..second]);
        string authorisationId = Encoding.UTF8.GetString(token[..first]);
        return users.Check(User, rest[(second + 1)..]) && (authorisationId.Length == 0 || authorisationId == User);
    }
}
