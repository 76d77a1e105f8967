using System.Text;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Signing;

namespace Mesh.Training.Tests.Handoff;

/// <summary>The eight test vectors of the specification of OpenSSF Model Signing 1.0, and what they do not test.</summary>
public sealed class OmsVectorTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Mesh.Training.Tests", "Handoff", "oms-vectors");

    [Theory]
    [InlineData("key", "key")]
    [InlineData("certificate", "certificate")]
    [InlineData("sigstore", "sigstore")]
    public void A_valid_vector_is_read(string name, string method)
    {
        var bundle = OmsBundle.Parse(File.ReadAllBytes(Path.Combine(Folder, "valid", $"{name}.bundle.json")), name);
        bundle.Method.ShouldBe(method);
        bundle.Resources.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("invalid/empty", "MESH9520")]
    [InlineData("invalid/missing-envelope", "MESH9520")]
    [InlineData("invalid/missing-tlog-entries", "MESH9520")]
    [InlineData("invalid/missing-verification-material", "MESH9520")]
    [InlineData("invalid-payload/wrong-predicate", "MESH9521")]
    public void An_invalid_vector_is_refused_for_what_its_name_says(string name, string code) =>
        Should.Throw<MeshException>(() => OmsBundle.Parse(File.ReadAllBytes(Path.Combine(Folder, $"{name}.bundle.json")), name)).Code.ShouldBe(code);

    [Fact]
    public void The_signature_of_a_vector_with_a_certificate_is_verified_and_a_changed_payload_is_not()
    {
        var bundle = OmsBundle.Parse(File.ReadAllBytes(Path.Combine(Folder, "valid", "sigstore.bundle.json")), "sigstore");
        bundle.IsSignedBy(bundle.CertifiedKey).ShouldBeTrue();

        var changed = bundle.Envelope with { Payload = [.. bundle.Envelope.Payload, (byte)' '] };
        changed.IsSignedBy(bundle.CertifiedKey).ShouldBeFalse();
    }

    [Fact]
    public void Names_are_in_the_order_of_their_code_points_which_is_not_that_of_UTF_16()
    {
        string[] names = ["\U0001F600", "\uFFFD", "z", "a/b", "a", "\uE000", "\U00010000", "ab"];
        string[] sorted = [.. names.Order(CodePointOrder.Instance)];
        sorted.ShouldBe(["a", "a/b", "ab", "z", "\uE000", "\uFFFD", "\U00010000", "\U0001F600"]);
        sorted.SequenceEqual(names.Order(StringComparer.Ordinal)).ShouldBeFalse();
        sorted.ShouldBe(names.OrderBy(name => Encoding.UTF32.GetBytes(name).Chunk(4).Select(bytes => BitConverter.ToInt32(bytes)).ToArray(), Comparer<int[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right))));
    }

    [Fact]
    public void A_signed_list_comes_back_in_order_and_the_key_is_named_as_the_reference_implementation_does()
    {
        using var key = SigningKey.Create();
        byte[] signed = OmsBundle.Sign("m", [new OmsResource("\U0001F600", "sha256", new string('1', 64)), new OmsResource("\uFFFD", "sha256", new string('2', 64)), new OmsResource("a+b<ü>", "sha256", new string('3', 64))], key);

        var bundle = OmsBundle.Parse(signed, "m");
        bundle.Resources.Select(resource => resource.Name).ShouldBe(["a+b<ü>", "\uFFFD", "\U0001F600"]);
        bundle.IsSignedBy(key.PublicPem).ShouldBeTrue();
        bundle.Hint.ShouldBe(HandoffJson.Sha256(Encoding.ASCII.GetBytes(key.PublicPem)));
        key.PublicPem.ShouldEndWith("-----\n");
        using var other = SigningKey.Create();
        bundle.IsSignedBy(other.PublicPem).ShouldBeFalse();
    }

    [Fact]
    public void The_root_of_the_specification_s_own_vector_comes_out_and_does_not_depend_on_names()
    {
        // Digests and root of the vector valid/key.bundle.json.
        string[] digests = [.. OmsBundle.Parse(File.ReadAllBytes(Path.Combine(Folder, "valid", "key.bundle.json")), "key").Resources.Select(resource => resource.Digest)];
        OmsBundle.RootOf(digests.Select((digest, i) => new OmsResource($"other-{i}", "sha256", digest))).ShouldBe("92745110b1ab4368471cbe31664e10174e954b113a3df333db860317b2c6dec4");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"mediaType\":\"x\"}")]
    [InlineData("{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":[],\"dsseEnvelope\":{}}")]
    [InlineData("{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{\"certificate\":{\"rawBytes\":\"AAAA\"},\"tlogEntries\":[1]},\"dsseEnvelope\":{}}")]
    public void What_is_no_bundle_is_refused(string json) =>
        Should.Throw<MeshException>(() => OmsBundle.Parse(Encoding.UTF8.GetBytes(json), "m")).Code.ShouldBe("MESH9520");
}
