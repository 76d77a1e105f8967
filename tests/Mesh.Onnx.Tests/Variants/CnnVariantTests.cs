namespace Mesh.Onnx.Tests.Variants;

public class CnnVariantTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Variants_of_a_trained_CNN_keep_its_accuracy_and_ONNX_Runtime_gives_the_same_answers()
    {
        var (images, labels) = ShapeImages.Make(1, 1500);
        var (unseen, truth) = ShapeImages.Make(2, 600);
        var network = new SmallCnn(3);
        network.Train(images, labels, epochs: 8, seed: 4);
        var calibration = Enumerable.Range(0, 4).Select(i => Batch(images[(i * 32)..((i + 1) * 32)])).ToList();

        var lines = await VariantTable.MeasureAsync(network.Export(), "logits", calibration, Batch(unseen), truth, new HashSet<string>(), TestContext.Current.CancellationToken);

        output.WriteLine(VariantTable.Write(lines));
        var whole = lines[0];
        whole.Accuracy.ShouldBeGreaterThan(0.9);
        foreach (var line in lines)
        {
            line.RuntimesAgree.ShouldBeGreaterThanOrEqualTo(0.98, line.Name);
            Math.Abs(line.Accuracy - line.OrtAccuracy).ShouldBeLessThanOrEqualTo(0.01, line.Name);
            if (line.Name.StartsWith("int8", StringComparison.Ordinal)) (line.Accuracy, line.Agreement, line.Bytes).ShouldSatisfyAllConditions(
                () => line.Accuracy.ShouldBeGreaterThanOrEqualTo(whole.Accuracy - 0.02, line.Name), () => line.Agreement.ShouldBeGreaterThanOrEqualTo(0.97, line.Name), () => line.Bytes.ShouldBeLessThan(whole.Bytes));
        }

        lines[1].Agreement.ShouldBeGreaterThanOrEqualTo(0.995);
        lines.Single(line => line.Name == "pruned by 25 %, l2").Bytes.ShouldBeLessThan((int)(whole.Bytes * 0.75));
    }

    private static Dictionary<string, OnnxTensor> Batch(float[][] images) => new() { ["image"] = OnnxTensor.Of<float>([.. images.SelectMany(image => image)], images.Length, 1, ShapeImages.Size, ShapeImages.Size) };
}
