namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>
/// The error function to about 1e-13: a Taylor step from the nearest of a table of nodes, whose values come from the series
/// 2/√π · e^(-x²) · Σ 2ⁿx²ⁿ⁺¹/(1·3·…·(2n+1)), which has only positive terms.
/// </summary>
internal static class ErrorFunction
{
    private const int NodesPerUnit = 64;
    private const double Beyond = 6;
    private static readonly double[] Nodes = [.. Enumerable.Range(0, (int)(Beyond * NodesPerUnit) + 1).Select(i => Series(i / (double)NodesPerUnit))];

    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        double size = Math.Abs(x);
        if (size >= Beyond) return Math.Sign(x);
        int node = (int)Math.Round(size * NodesPerUnit);
        double a = node / (double)NodesPerUnit, h = size - a;
        double slope = 2 / Math.Sqrt(Math.PI) * Math.Exp(-a * a);
        // The n-th derivative of erf is its first one times a Hermite polynomial.
        double step = h * (1 + (h * (-a + (h * ((((2 * a * a) - 1) / 3) + (h * (a * (3 - (2 * a * a)) / 6)))))));
        return Math.CopySign(Nodes[node] + (slope * step), x);
    }

    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
