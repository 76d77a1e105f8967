using System.Text;
using Mesh.Model;
using Mesh.Onnx.Npy;
using Mesh.Testing;

namespace Mesh.Onnx.Tests.Npy;

public class NpyFileTests
{
    public static TheoryData<OnnxTensor> Tensors => new()
    {
        OnnxTensor.Of<float>([1.5f, -2, 3, 4, 5, 6], 2, 3), OnnxTensor.Of<long>([7]), OnnxTensor.Of<byte>([1, 2, 3], 3), OnnxTensor.Of<bool>([true, false], 2, 1), OnnxTensor.Of<Half>([(Half)0.5f], 1, 1, 1), OnnxTensor.Of<double>([], 0, 3),
    };

    [Theory]
    [MemberData(nameof(Tensors))]
    public void What_was_written_is_read(OnnxTensor tensor)
    {
        byte[] bytes = NpyFile.Write(tensor);

        var read = NpyFile.Read(bytes);

        read.ToString().ShouldBe(tensor.ToString());
        read.Bytes.ToArray().ShouldBe(tensor.Bytes.ToArray());
        ((bytes.Length - tensor.Bytes.Length) % 64).ShouldBe(0);
    }

    [Fact]
    public async Task Numpy_reads_what_was_written_and_is_read()
    {
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(python) && Directory.Exists("/usr/lib/python3/dist-packages/numpy"), "needs the onnx package of Python: apt-get install python3-onnx");
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["ours.npy"], NpyFile.Write(OnnxTensor.Of<int>([1, 2, 3, 4, 5, 6], 3, 2)), TestContext.Current.CancellationToken);

        string printed = await ToolProcess.RunAsync(python, "-c", "import numpy, sys; a = numpy.load(sys.argv[1]); print(a.dtype, a.shape, a.tolist()); numpy.save(sys.argv[2], (a * 0.5).astype('<f4'))", folder["ours.npy"], folder["theirs.npy"]);

        printed.Trim().ShouldBe("int32 (3, 2) [[1, 2], [3, 4], [5, 6]]");
        var theirs = NpyFile.Read(await File.ReadAllBytesAsync(folder["theirs.npy"], TestContext.Current.CancellationToken));
        theirs.ToString().ShouldBe("Float[3, 2]");
        theirs.As<float>().ToArray().ShouldBe([0.5f, 1, 1.5f, 2, 2.5f, 3]);
    }

    [Theory]
    [InlineData("magic", "what is this, then?")]
    [InlineData("'descr'", "\u0093NUMPY\u0001\u0000\u0010\u0000{'shape': (1,),}")]
    [InlineData("'>f4'", "\u0093NUMPY\u0001\u0000\u003B\u0000{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}         ")]
    [InlineData("Fortran", "\u0093NUMPY\u0001\u0000\u003B\u0000{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}          ")]
    [InlineData("do not fit", "\u0093NUMPY\u0001\u0000\u003B\u0000{'descr': '<f4', 'fortran_order': False, 'shape': (999999,)}    ")]
    [InlineData("claims a header", "\u0093NUMPY\u0001\u0000\u00FF\u00FF{'descr'")]
    [InlineData("version 9", "\u0093NUMPY\u0009\u0000\u0010\u0000{}")]
    public void Anything_else_is_refused_with_what_is_wrong(string expected, string latin)
    {
        var error = Should.Throw<MeshException>(() => NpyFile.Read(Encoding.Latin1.GetBytes(latin)));

        error.Code.ShouldBe("MESH9823");
        error.Message.ShouldContain(expected);
    }
}
