using Mesh.Model;
using Mesh.Onnx;
using Mesh.Training.Compression.Samples;

namespace Mesh.Training.Compression.Validation;

/// <summary>Runs a variant and its parent on the same samples and says how they differ.</summary>
/// <param name="runtime">What runs both.</param>
/// <param name="time">Clock for the latency.</param>
internal sealed class VariantValidator(IOnnxRuntime runtime, TimeProvider time)
{
    private const int OpenBatch = 64;

    /// <summary>Compares the two.</summary>
    /// <param name="parent">The parent's file.</param>
    /// <param name="variant">The variant's file.</param>
    /// <param name="file">Its path in the variant's folder.</param>
    /// <param name="samples">Samples that neither learnt from.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <exception cref="MeshException"><c>MESH9413</c> when there is no sample or the outputs are not the parent's; what a model throws.</exception>
    public VariantValidation Compare(ReadOnlyMemory<byte> parent, ReadOnlyMemory<byte> variant, string file, SampleSet samples, CancellationToken cancellationToken)
    {
        using var expected = runtime.Open(parent);
        using var actual = runtime.Open(variant);
        string[] outputs = [.. expected.Signature.Outputs.Where(output => output.ElementType == OnnxElementType.Float).Select(output => output.Name)];
        if (outputs.Length == 0) throw new MeshException("MESH9413", "The model has no output of single precision that could be compared.");
        foreach (var output in expected.Signature.Outputs)
        {
            if (!actual.Signature.Outputs.Any(other => other.Name == output.Name && other.ElementType == output.ElementType)) throw new MeshException("MESH9413", $"The variant lacks the output {output} of its parent.");
        }

        long? fixedBatch = expected.Signature.Inputs[0].Dimensions[0];
        var score = new Score(samples.Labels);
        foreach (var (start, inputs) in samples.Batches((int)(fixedBatch ?? OpenBatch), wholeOnly: fixedBatch is not null))
        {
            cancellationToken.ThrowIfCancellationRequested();
            score.Add(start, expected.Run(inputs, outputs), actual.Run(inputs, outputs), inputs.Values.First().Dimensions[0]);
        }

        if (score.Samples == 0) throw new MeshException("MESH9413", $"There are too few {samples.Origin} to compare on: {samples.Count}.");
        var (parentLatency, latency) = new LatencyMeter(time).Measure(expected, actual, samples.Slice(0, (int)(fixedBatch ?? 1)), outputs, cancellationToken);
        return new VariantValidation
        {
            Runtime = actual.Runtime, File = file, Data = samples.Origin, Samples = score.Samples, Accuracy = score.Accuracy, ParentAccuracy = score.ParentAccuracy,
            Agreement = score.Agreement, MaxAbsError = score.MaxAbsError, Bytes = variant.Length, ParentBytes = parent.Length, LatencyUs = latency, ParentLatencyUs = parentLatency,
        };
    }

    /// <summary>What has been seen so far. Classes are those of the first output that has a vector per sample.</summary>
    private sealed class Score(int[]? labels)
    {
        private int right, parentRight, agreeing;
        private bool hasClasses;

        public int Samples { get; private set; }

        public double MaxAbsError { get; private set; }

        public double? Accuracy => labels is null || !hasClasses ? null : right / (double)Samples;

        public double? ParentAccuracy => labels is null || !hasClasses ? null : parentRight / (double)Samples;

        public double? Agreement => hasClasses ? agreeing / (double)Samples : null;

        public void Add(int start, IReadOnlyList<OnnxTensor> expected, IReadOnlyList<OnnxTensor> actual, long batch)
        {
            Samples += (int)batch;
            bool counted = false;
            for (int output = 0; output < expected.Count; output++)
            {
                var wanted = expected[output].As<float>();
                var got = actual[output].As<float>();
                if (wanted.Length != got.Length) throw new MeshException("MESH9413", $"The variant puts out {actual[output]} where its parent puts out {expected[output]}.");
                for (int i = 0; i < wanted.Length; i++)
                {
                    double error = Math.Abs((double)wanted[i] - got[i]);
                    if (!(error <= MaxAbsError)) MaxAbsError = double.IsNaN(error) ? double.MaxValue : error;
                }

                if (counted || expected[output].Dimensions is not [var rows, > 1 and var classes] || rows != batch) continue;
                counted = hasClasses = true;
                for (int row = 0; row < rows; row++)
                {
                    int at = row * (int)classes;
                    int answer = Largest(got.Slice(at, (int)classes)), parents = Largest(wanted.Slice(at, (int)classes));
                    if (answer == parents) agreeing++;
                    if (labels is null) continue;
                    if (answer == labels[start + row]) right++;
                    if (parents == labels[start + row]) parentRight++;
                }
            }
        }

        private static int Largest(ReadOnlySpan<float> row)
        {
            int best = 0;
            for (int i = 1; i < row.Length; i++)
            {
                if (row[i] > row[best]) best = i;
            }

            return best;
        }
    }
}
