using System.Text;
using Mesh.Broker.Access;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Access;

/// <summary>The server's side of SCRAM against the exchanges that the specifications print.</summary>
public sealed class ScramTests : IDisposable
{
    private const string Salt = "W22ZaJ0SNY7soEsUEjb6gQ==";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_exchange_of_RFC_7677_is_answered_word_for_word()
    {
        var exchange = new ScramExchange(SaslMechanism.ScramSha256, Users(), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");

        Text(exchange.First("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"u8)).ShouldBe($"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s={Salt},i=4096");
        Text(exchange.Final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="u8))
            .ShouldBe("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        exchange.User.ShouldBe("user");
    }

    [Fact]
    public void The_doubled_nonce_of_older_librdkafka_is_taken_and_proven_like_any_other()
    {
        const string nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        const string withoutProof = "c=biws,r=rOprNGfwEbeRWgbNEkqO" + nonce;
        byte[] salted = System.Security.Cryptography.Rfc2898DeriveBytes.Pbkdf2("pencil"u8, Convert.FromBase64String(Salt), 4096, System.Security.Cryptography.HashAlgorithmName.SHA256, 32);
        byte[] clientKey = System.Security.Cryptography.HMACSHA256.HashData(salted, "Client Key"u8);
        byte[] signature = System.Security.Cryptography.HMACSHA256.HashData(
            System.Security.Cryptography.SHA256.HashData(clientKey), Encoding.UTF8.GetBytes($"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s={Salt},i=4096,{withoutProof}"));
        string proof = Convert.ToBase64String([.. clientKey.Zip(signature, static (key, sign) => (byte)(key ^ sign))]);
        var exchange = new ScramExchange(SaslMechanism.ScramSha256, Users(), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        exchange.First("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"u8);

        exchange.Final(Encoding.UTF8.GetBytes($"{withoutProof},p={proof}")).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVA=")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")]
    [InlineData("")]
    public void Another_proof_nonce_or_binding_is_refused(string final)
    {
        var exchange = new ScramExchange(SaslMechanism.ScramSha256, Users(), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        exchange.First("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"u8);

        exchange.Final(Encoding.UTF8.GetBytes(final)).ShouldBeNull();
    }

    [Theory]
    [InlineData("p=tls-unique,,n=user,r=abc")]
    [InlineData("n,,m=must,n=user,r=abc")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user")]
    [InlineData("n,b=x,n=user,r=abc")]
    [InlineData("garbage")]
    [InlineData("")]
    public void A_first_message_that_is_none_is_refused(string first) =>
        new ScramExchange(SaslMechanism.ScramSha256, Users(), "nonce").First(Encoding.UTF8.GetBytes(first)).ShouldBeNull();

    [Fact]
    public void A_user_who_does_not_exist_gets_the_same_salt_each_time_another_one_elsewhere_and_no_entry()
    {
        var users = Users();
        string first = Text(new ScramExchange(SaslMechanism.ScramSha512, users, "nonce").First("n,,n=nobody,r=abc"u8))!;
        string again = Text(new ScramExchange(SaslMechanism.ScramSha512, Users(), "nonce").First("n,,n=nobody,r=abc"u8))!;
        string other = Text(new ScramExchange(SaslMechanism.ScramSha512, users, "nonce").First("n,,n=somebody,r=abc"u8))!;

        again.ShouldBe(first);
        other.ShouldNotBe(first);
        first.ShouldEndWith(",i=4096");
        users.Check("nobody", "pencil"u8).ShouldBeFalse();
    }

    [Fact]
    public void The_users_file_holds_passwords_or_keys_and_is_taken_up_when_it_changes()
    {
        string path = folder["users"];
        var keys = ScramCredential.Derive(SaslMechanism.ScramSha512, "keys only"u8, [1, 2, 3, 4, 5, 6, 7, 8], 8192);
        File.WriteAllText(path, $"""
            # name: password
            alice: correct horse: battery
            bob: SCRAM-SHA-512 salt={Convert.ToBase64String(keys.Salt)},stored_key={Convert.ToBase64String(keys.StoredKey)},server_key={Convert.ToBase64String(keys.ServerKey)},iterations=8192
            """);
        var users = UserDirectory.Open(new Dictionary<string, string> { ["mesh"] = "token" }, path, folder.Path, TimeProvider.System, NullLogger.Instance);

        users.Check("alice", "correct horse: battery"u8).ShouldBeTrue();
        users.Check("alice", "correct horse"u8).ShouldBeFalse();
        users.Check("bob", "keys only"u8).ShouldBeTrue();
        users.Check("bob", "other"u8).ShouldBeFalse();
        users.Check("mesh", "token"u8).ShouldBeTrue();
        users.Credential("bob", SaslMechanism.ScramSha512, out bool known).Iterations.ShouldBe(8192);
        known.ShouldBeTrue();

        File.WriteAllText(path, "carol: new");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
        SpinWait.SpinUntil(() => users.Check("carol", "new"u8), TimeSpan.FromSeconds(30)).ShouldBeTrue();
        users.Check("alice", "correct horse: battery"u8).ShouldBeFalse();
        users.Check("mesh", "token"u8).ShouldBeTrue();

        // A file that went wrong changes nothing.
        File.WriteAllText(path, "no user at all");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(2));
        for (int i = 0; i < 3; i++) users.Check("carol", "new"u8).ShouldBeTrue();
    }

    [Theory]
    [InlineData("secret-word")]
    [InlineData("alice:")]
    [InlineData(": secret-word")]
    [InlineData("alice: secret-word\nalice: secret-word")]
    [InlineData("alice: SCRAM-SHA-256 salt=AAAAAAAAAAAAAAAA,stored_key=secret-word,server_key=AA==,iterations=4096")]
    public void A_line_that_is_none_is_told_by_its_number_never_by_its_content(string text)
    {
        File.WriteAllText(folder["users"], text);

        var refused = Should.Throw<Mesh.Model.MeshException>(() => UserDirectory.Open(new Dictionary<string, string>(), folder["users"], folder.Path, TimeProvider.System, NullLogger.Instance));

        refused.Code.ShouldBe("MESH7020");
        refused.Message.ShouldContain("Line ");
        refused.Message.ShouldNotContain("secret-word");
    }

    private UserDirectory Users()
    {
        var keys = ScramCredential.Derive(SaslMechanism.ScramSha256, "pencil"u8, Convert.FromBase64String(Salt), 4096);
        File.WriteAllText(folder["rfc"], $"user: SCRAM-SHA-256 salt={Salt},stored_key={Convert.ToBase64String(keys.StoredKey)},server_key={Convert.ToBase64String(keys.ServerKey)},iterations=4096\n");
        return UserDirectory.Open(new Dictionary<string, string>(), folder["rfc"], folder.Path, TimeProvider.System, NullLogger.Instance);
    }

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
