using System.Security.Cryptography;
using Mesh.Model;

namespace Mesh.Model.Tests;

public class IngestIdTests
{
    private static readonly byte[] Content = SHA256.HashData("recording"u8);

    [Fact]
    public void The_same_bytes_vehicle_and_session_are_the_same_upload()
    {
        IngestId.Compute(Content, "V1", "morning").ShouldBe(IngestId.Compute(Content, "V1", "morning"));
    }

    [Fact]
    public void Characters_moved_between_vehicle_and_session_make_another_upload()
    {
        IngestId.Compute(Content, "V1a", "b").ShouldNotBe(IngestId.Compute(Content, "V1", "ab"));
    }

    [Fact]
    public void It_is_the_hash_of_the_three_length_prefixed_fields()
    {
        byte[] fields = [0, 0, 0, 32, .. Content, 0, 0, 0, 2, (byte)'V', (byte)'1', 0, 0, 0, 0];

        IngestId.Compute(Content, "V1").ToString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(fields)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("G0b2c3d4e5f60718293a4b5c6d7e8f900112233445566778899aabbccddeeff0")]
    public void A_text_that_is_no_hash_is_refused_with_the_remedy(string text)
    {
        var exception = Should.Throw<MeshException>(() => IngestId.Parse(text));

        exception.Code.ShouldBe("MESH1001");
        exception.Message.ShouldContain("mesh recordings list");
    }
}
