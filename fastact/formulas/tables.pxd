"""Coefficients for `lookup.pxd`. Made by ``benchmarks/tables.py``, which says how; do not edit."""
cdef extern from *:
    """
    /* [column][entry]: the columns are the centre and the coefficients, the leading one last. An error is the largest
       over every float32 number of the range, of the function's value or derivative as the kernel computes it. */
    #if defined(_MSC_VER)
    #define FASTACT_ALIGN64 __declspec(align(64))
    #else
    #define FASTACT_ALIGN64 __attribute__((aligned(64)))
    #endif

    /* a Phi(-a) on [0, 5.75], degree 8, by squares; minus:
       1.718 ULP at 5.25928736 */
    #define FASTACT_GELU_DEGREE 8
    #define FASTACT_GELU_SCALE 0.3444f
    #define FASTACT_GELU_OFFSET 0.935f
    #define FASTACT_GELU_END 5.75f
    static const FASTACT_ALIGN64 float fastact_gelu_table[10][8] = {
        {
            0x1.688a5cp+2f, 0x0p+0f, 0x1.b53638p+0f, 0x1.4b7702p+1f,
            0x1.9adf28p+1f, 0x1.fda1c2p+1f, 0x1.2675fep+2f, 0x1.460a26p+2f,
        },
        {
            0x1.ab66a2p-25f, 0x0p+0f, 0x1.329dfp-4f, 0x1.97b62ep-7f,
            0x1.174aeap-9f, 0x1.1de7e8p-13f, 0x1.44a396p-17f, 0x1.de7f34p-21f,
        },
        {
            -0x1.2c726ap-22f, 0x1p-1f, -0x1.d5a046p-4f, -0x1.00b0a4p-5f,
            -0x1.ba4f2cp-8f, -0x1.1ad1a6p-11f, -0x1.740ae2p-15f, -0x1.2ff00cp-18f,
        },
        {
            0x1.98fcbcp-21f, -0x1.98847p-2f, 0x1.5c782p-5f, 0x1.0cff6cp-5f,
            0x1.3a2f24p-7f, 0x1.059bdap-10f, 0x1.95e12p-14f, 0x1.73100ep-17f,
        },
        {
            -0x1.662b42p-20f, 0x1.717bd4p-17f, 0x1.d4d93cp-6f, -0x1.0b0902p-6f,
            -0x1.fe66e8p-8f, -0x1.2910bap-10f, -0x1.16c332p-13f, -0x1.20bf16p-16f,
        },
        {
            0x1.c415dap-20f, 0x1.0fefb6p-4f, -0x1.f4ec3cp-6f, 0x1.34dbdep-10f,
            0x1.dfc66ep-9f, 0x1.c6545ap-11f, 0x1.0c2648p-13f, 0x1.4011dcp-16f,
        },
        {
            -0x1.b50844p-20f, 0x1.c7dce2p-12f, 0x1.dec692p-8f, 0x1.ac5adp-9f,
            -0x1.5ec9f2p-11f, -0x1.dc6d3p-12f, -0x1.7b0bacp-14f, -0x1.0b2eeep-16f,
        },
        {
            0x1.4f6b5ep-20f, -0x1.67f7bp-7f, 0x1.1a862ep-9f, -0x1.c690f4p-10f,
            -0x1.482d7ap-12f, 0x1.319d82p-13f, 0x1.895436p-15f, 0x1.586402p-17f,
        },
        {
            -0x1.6c8a06p-21f, 0x1.47c6c8p-10f, -0x1.35132ep-9f, 0x1.d0d29p-12f,
            0x1.13fb2ap-12f, -0x1.11254ap-15f, -0x1.404568p-16f, -0x1.4f20e8p-18f,
        },
        {
            0x1.3fa832p-21f, 0x1.04bedap-11f, -0x1.128ab8p-11f, 0x1.4c5f36p-12f,
            -0x1.f55d52p-15f, -0x1.eb13cep-16f, 0x1.9fa4d2p-19f, 0x1.570e7ap-19f,
        },
    };

    /* gelu'(-a) on [0, 6], degree 8, by squares; complement:
       2.400 ULP at 0.0113863051 */
    #define FASTACT_GELU_SLOPE_DEGREE 8
    #define FASTACT_GELU_SLOPE_SCALE 0.3358f
    #define FASTACT_GELU_SLOPE_OFFSET 0.9f
    #define FASTACT_GELU_SLOPE_END 6.0f
    static const FASTACT_ALIGN64 float fastact_gelu_slope_table[10][8] = {
        {
            0x1.7551ecp+2f, 0x1.80eadp-1f, 0x1.7d5612p+0f, 0x1.478124p+1f,
            0x1.b8fcbep+1f, 0x1.075752p+2f, 0x1.31ff42p+2f, 0x1.564ce4p+2f,
        },
        {
            -0x1.8ce1ecp-24f, 0x1.60ce86p-26f, -0x1.05b57ap-3f, -0x1.11b874p-5f,
            -0x1.b743a2p-9f, -0x1.563abp-12f, -0x1.4d141cp-16f, -0x1.53e4fp-20f,
        },
        {
            0x1.1863fcp-21f, -0x1.b9d994p-2f, 0x1.d7c608p-6f, 0x1.19702ep-4f,
            0x1.555f18p-7f, 0x1.48e53p-10f, 0x1.7b3d8p-14f, 0x1.b58254p-18f,
        },
        {
            -0x1.7f5a2p-20f, 0x1.8d9a8cp-2f, 0x1.6563d8p-3f, -0x1.93550cp-5f,
            -0x1.d4e246p-7f, -0x1.2501ep-9f, -0x1.99d818p-13f, -0x1.0e831ep-16f,
        },
        {
            0x1.50e828p-19f, 0x1.2a351ap-6f, -0x1.28be9p-3f, 0x1.549984p-9f,
            0x1.643fd6p-7f, 0x1.3bfcb4p-9f, 0x1.15aba8p-12f, 0x1.aa369ep-16f,
        },
        {
            -0x1.aa667p-19f, -0x1.d2f156p-4f, 0x1.8cfdf2p-7f, 0x1.26752ep-6f,
            -0x1.193886p-8f, -0x1.bf3588p-10f, -0x1.05cc76p-12f, -0x1.ddd458p-16f,
        },
        {
            0x1.9c424ep-19f, 0x1.e4228ep-7f, 0x1.ea8d1ep-6f, -0x1.707b1ep-7f,
            0x1.ab1f7cp-15f, 0x1.97fb6ep-11f, 0x1.667d26p-13f, 0x1.92ea2p-16f,
        },
        {
            -0x1.383aap-19f, 0x1.3c7ae8p-6f, -0x1.4fb4d4p-7f, 0x1.9cc9cap-10f,
            0x1.e327a2p-11f, -0x1.79c26p-13f, -0x1.63032cp-14f, -0x1.075b3ep-16f,
        },
        {
            0x1.79b902p-20f, -0x1.463ap-8f, -0x1.4ad7eep-9f, 0x1.4cedfep-10f,
            -0x1.136c66p-11f, -0x1.75af1ap-16f, 0x1.071714p-15f, 0x1.ea46dep-18f,
        },
        {
            -0x1.f8660ep-21f, -0x1.92c87cp-9f, 0x1.cff26cp-10f, -0x1.3e4aa2p-11f,
            0x1.05f3dep-16f, 0x1.16e6c6p-14f, -0x1.288fa2p-20f, -0x1.14dd22p-18f,
        },
    };

    /* tanh(a) on [0, 9.0625], degree 6, by octaves; value:
       1.428 ULP at 5.99936104 */
    #define FASTACT_TANH_DEGREE 6
    #define FASTACT_TANH_SCALE 0.78f
    #define FASTACT_TANH_OFFSET 0.5f
    #define FASTACT_TANH_SHIFT 22
    #define FASTACT_TANH_END 9.0625f
    static const FASTACT_ALIGN64 float fastact_tanh_table[8][8] = {
        {
            0x1.88ef1cp+1f, 0x1.eb07dap+1f, 0x1.6da1f4p+2f, 0x1.caa818p+2f,
            0x0p+0f, 0x1.b2b056p-2f, 0x1.336b4ap+0f, 0x1.98eecep+0f,
        },
        {
            0x1.fdcc16p-1f, 0x1.ff8606p-1f, 0x1.fffd24p-1f, 0x1.ffffd8p-1f,
            0x0p+0f, 0x1.9a551ep-2f, 0x1.aaf6f8p-1f, 0x1.d7b166p-1f,
        },
        {
            0x1.196184p-7f, 0x1.e7b99cp-10f, 0x1.7085aep-15f, 0x1.400c72p-19f,
            0x1p+0f, 0x1.adc966p-1f, 0x1.37e56cp-2f, 0x1.35c34cp-3f,
        },
        {
            -0x1.181602p-7f, -0x1.e73ca2p-10f, -0x1.6e1bp-15f, -0x1.3eb458p-19f,
            -0x1.d40078p-19f, -0x1.58719cp-2f, -0x1.041752p-2f, -0x1.1d60a2p-3f,
        },
        {
            0x1.6f5dacp-8f, 0x1.43543ap-10f, 0x1.cf95bp-16f, 0x1.9a81ccp-20f,
            -0x1.552c5cp-2f, -0x1.28f76ep-3f, 0x1.c31352p-4f, 0x1.3f6f06p-4f,
        },
        {
            -0x1.893344p-9f, -0x1.42ac8p-11f, -0x1.e2aa94p-17f, -0x1.63d99cp-21f,
            -0x1.2d73dp-9f, 0x1.5c55cep-3f, -0x1.16e6bp-7f, -0x1.9fca28p-6f,
        },
        {
            0x1.5baff8p-11f, 0x1.11963p-12f, 0x1.fae9c8p-18f, 0x1.78a4d4p-23f,
            0x1.2fbb9cp-3f, -0x1.0e9dbp-9f, -0x1.b5ea66p-6f, 0x1.808e4cp-13f,
        },
        {
            -0x1.56a9e8p-11f, -0x1.5e96fp-14f, -0x1.2cf8ep-19f, -0x1.6885dep-26f,
            -0x1.737a1cp-5f, -0x1.b3aea8p-5f, 0x1.05aef2p-6f, 0x1.3b8bf2p-8f,
        },
    };

    /* silu'(-a) on [0, 19.625], degree 9, by octaves; complement:
       2.603 ULP at 0.0197063088 */
    #define FASTACT_SILU_SLOPE_DEGREE 9
    #define FASTACT_SILU_SLOPE_SCALE 0.1528f
    #define FASTACT_SILU_SLOPE_OFFSET 1.0f
    #define FASTACT_SILU_SLOPE_SHIFT 21
    #define FASTACT_SILU_SLOPE_END 19.625f
    static const FASTACT_ALIGN64 float fastact_silu_slope_table[11][8] = {
        {
            0x1.1dbe92p+3f, 0x1.885cep+3f, 0x1.eee54cp+3f, 0x1.2e572ap+4f,
            0x1.474974p+0f, 0x1.07e788p+1f, 0x1.14bb0ap+2f, 0x1.792a7ep+2f,
        },
        {
            -0x1.132f9p-10f, -0x1.beef62p-15f, -0x1.74e08ap-19f, -0x1.ddb806p-24f,
            -0x1.7838bp-29f, -0x1.7f47a8p-4f, -0x1.5df65cp-5f, -0x1.b78e8ep-7f,
        },
        {
            0x1.e0cecp-11f, 0x1.973e38p-15f, 0x1.5b1994p-19f, 0x1.c30662p-24f,
            -0x1.be140ep-3f, -0x1.4b1dbap-5f, 0x1.d36808p-6f, 0x1.5b02bp-7f,
        },
        {
            -0x1.9b1fbp-12f, -0x1.6f8c2p-16f, -0x1.4152c8p-20f, -0x1.a854c6p-25f,
            0x1.2c562ep-3f, 0x1.3389a2p-4f, -0x1.c36958p-8f, -0x1.f99e9ep-9f,
        },
        {
            0x1.c6f502p-14f, 0x1.b520e2p-18f, 0x1.8a1036p-22f, 0x1.0918cep-26f,
            -0x1.353f1ep-6f, -0x1.064b64p-5f, -0x1.288e4cp-12f, 0x1.9f89f6p-11f,
        },
        {
            -0x1.6950fp-16f, -0x1.802c1ap-20f, -0x1.67a804p-24f, -0x1.ee9822p-29f,
            -0x1.f2c83ep-7f, 0x1.dc1566p-9f, 0x1.84abeap-11f, -0x1.21e3acp-14f,
        },
        {
            0x1.aaf952p-19f, 0x1.08e3a4p-22f, 0x1.043048p-26f, 0x1.6ec984p-31f,
            0x1.b0ddcap-8f, 0x1.18bdbcp-9f, -0x1.245262p-12f, -0x1.cb801ap-17f,
        },
        {
            -0x1.635dbep-22f, -0x1.28e962p-25f, -0x1.37b79cp-29f, -0x1.c5284ap-34f,
            0x1.e096dep-14f, -0x1.1f17cp-10f, 0x1.0668d4p-14f, 0x1.e6203ep-18f,
        },
        {
            0x1.5074d8p-26f, 0x1.13f6bep-28f, 0x1.3816cap-32f, 0x1.eb3354p-37f,
            -0x1.a1643ap-11f, 0x1.6a458ap-13f, -0x1.259b92p-17f, -0x1.e74092p-20f,
        },
        {
            -0x1.5b4052p-29f, -0x1.8227dep-32f, -0x1.cc26d2p-36f, -0x1.15102p-40f,
            0x1.f9924ep-13f, 0x1.704a9cp-16f, -0x1.3d4c9cp-24f, 0x1.6222c4p-22f,
        },
        {
            -0x1.1f79f8p-29f, 0x1.6013aep-35f, 0x1.65041cp-38f, 0x1.6b3ddp-42f,
            0x1.de628ep-14f, -0x1.4126e8p-17f, 0x1.624598p-21f, -0x1.217238p-25f,
        },
    };

    /* quick_gelu'(-a) on [0, 11.53125], degree 9, by octaves; complement:
       2.463 ULP at 0.0815215409 */
    #define FASTACT_QUICK_GELU_SLOPE_DEGREE 9
    #define FASTACT_QUICK_GELU_SLOPE_SCALE 0.26f
    #define FASTACT_QUICK_GELU_SLOPE_OFFSET 1.0f
    #define FASTACT_QUICK_GELU_SLOPE_SHIFT 21
    #define FASTACT_QUICK_GELU_SLOPE_END 11.53125f
    static const FASTACT_ALIGN64 float fastact_quick_gelu_slope_table[11][8] = {
        {
            0x1.4e0302p+2f, 0x1.cc0a16p+2f, 0x1.25d38p+3f, 0x1.63225ep+3f,
            0x1.80974ap-1f, 0x1.4159cep+0f, 0x1.510ee2p+1f, 0x1.b7dfaap+1f,
        },
        {
            -0x1.1eafdp-10f, -0x1.ca2266p-15f, -0x1.408b92p-19f, -0x1.e12614p-24f,
            0x1.2b12dp-28f, -0x1.89fd1p-4f, -0x1.3a78ep-5f, -0x1.c72b8cp-7f,
        },
        {
            0x1.a9e51ep-10f, 0x1.632a0ap-14f, 0x1.fc456cp-19f, 0x1.82917ap-23f,
            -0x1.7b9cd8p-2f, -0x1.9e7dcap-5f, 0x1.6f4a2p-5f, 0x1.30f626p-6f,
        },
        {
            -0x1.358a82p-10f, -0x1.10b492p-14f, -0x1.90cc96p-19f, -0x1.357d9p-23f,
            0x1.b3022p-2f, 0x1.93a02cp-3f, -0x1.488052p-6f, -0x1.783d1cp-7f,
        },
        {
            0x1.23030cp-11f, 0x1.13e822p-15f, 0x1.a2c3ep-20f, 0x1.4912d6p-24f,
            -0x1.7d2d66p-4f, -0x1.3738b6p-3f, 0x1.37eaep-11f, 0x1.03f57p-8f,
        },
        {
            -0x1.885002p-13f, -0x1.9c83aap-17f, -0x1.45b7aep-21f, -0x1.053d66p-25f,
            -0x1.059b9ap-3f, 0x1.2a961ep-5f, 0x1.2ad156p-8f, -0x1.21c1e2p-11f,
        },
        {
            0x1.885bcep-15f, 0x1.e3e106p-19f, 0x1.916f4ap-23f, 0x1.49ac94p-27f,
            0x1.8265d8p-4f, 0x1.87220ep-6f, -0x1.a3c1fp-9f, -0x1.d61e12p-13f,
        },
        {
            -0x1.13790ap-17f, -0x1.cd0b02p-21f, -0x1.998af4p-25f, -0x1.5a4e74p-29f,
            0x1.7877a4p-9f, -0x1.8f139ep-6f, 0x1.52930cp-10f, 0x1.8e511ap-13f,
        },
        {
            0x1.c768b4p-21f, 0x1.6a5c76p-23f, 0x1.69c18ep-27f, 0x1.41fedp-31f,
            -0x1.0bdf2ep-5f, 0x1.f3b364p-8f, -0x1.516f84p-12f, -0x1.502b5p-14f,
        },
        {
            -0x1.cc053cp-24f, -0x1.c06b68p-26f, -0x1.721a42p-30f, -0x1.28c61cp-34f,
            0x1.1a515ap-6f, 0x1.1d1b1p-10f, 0x1.7b4d3cp-14f, 0x1.a1495p-16f,
        },
        {
            -0x1.0a249cp-22f, 0x1.3c0d52p-28f, 0x1.496068p-31f, 0x1.5a5338p-35f,
            0x1.c32dap-7f, -0x1.2d784ap-10f, 0x1.86ebdp-14f, -0x1.c396a2p-19f,
        },
    };

    /* log(1 + exp(-a)) on [0, 17.5], degree 9, by octaves; plus:
       1.474 ULP at 2.06781673 */
    #define FASTACT_SOFTPLUS_DEGREE 9
    #define FASTACT_SOFTPLUS_SCALE 0.0971f
    #define FASTACT_SOFTPLUS_OFFSET 1.8f
    #define FASTACT_SOFTPLUS_SHIFT 20
    #define FASTACT_SOFTPLUS_END 17.5f
    static const FASTACT_ALIGN64 float fastact_softplus_table[11][8] = {
        {
            0x1.e68ce2p+1f, 0x1.a2593cp+2f, 0x1.2729cep+3f, 0x1.6fda0cp+3f,
            0x1.c8501ep+3f, 0x1.0e85fep+4f, 0x1.caa638p-3f, 0x1.bacd42p+0f,
        },
        {
            0x1.6a0ff8p-6f, 0x1.7ba458p-10f, 0x1.9dc7ccp-14f, 0x1.557c7ap-17f,
            0x1.584a9p-21f, 0x1.85ffbap-25f, 0x1.2cc36ap-1f, 0x1.4e5966p-3f,
        },
        {
            -0x1.661752p-6f, -0x1.7b5e02p-10f, -0x1.9dc28ep-14f, -0x1.557c0cp-17f,
            -0x1.584a86p-21f, -0x1.85ffb6p-25f, -0x1.c6e842p-2f, -0x1.347bcp-3f,
        },
        {
            0x1.5e43b6p-7f, 0x1.7ad176p-11f, 0x1.9db818p-15f, 0x1.557b2cp-18f,
            0x1.584a7ep-22f, 0x1.85ffb4p-26f, 0x1.f9a22p-4f, 0x1.06048p-4f,
        },
        {
            -0x1.be9bf4p-9f, -0x1.f7a0a4p-13f, -0x1.13c2dep-16f, -0x1.c74ba2p-20f,
            -0x1.cb0ebep-24f, -0x1.040068p-27f, -0x1.2cb1a6p-8f, -0x1.e839ecp-7f,
        },
        {
            0x1.9720f6p-11f, 0x1.f4b644p-15f, 0x1.13a6bcp-18f, 0x1.c7456ap-22f,
            0x1.cb0a9cp-26f, 0x1.03ffc4p-29f, -0x1.445a98p-8f, 0x1.44b418p-10f,
        },
        {
            -0x1.09714cp-13f, -0x1.8bfc9ep-17f, -0x1.b86484p-21f, -0x1.6c51a6p-24f,
            -0x1.6f137p-28f, -0x1.9fbdb6p-32f, 0x1.cd37eap-12f, 0x1.a298b6p-12f,
        },
        {
            0x1.9ad53ap-17f, 0x1.019f22p-19f, 0x1.25f0d6p-23f, 0x1.e5db0ap-27f,
            0x1.eb26dcp-31f, 0x1.15f964p-34f, 0x1.3a803ep-12f, -0x1.442124p-13f,
        },
        {
            0x1.8d1294p-22f, -0x1.169a64p-22f, -0x1.579b9cp-26f, -0x1.114704p-29f,
            -0x1.1aef08p-33f, -0x1.44e1cp-37f, 0x1.45d612p-14f, 0x1.cd9074p-17f,
        },
        {
            -0x1.17e5fp-21f, 0x1.0cd27p-25f, 0x1.e06fe8p-30f, 0x1.14aa8p-32f,
            0x1.bd8514p-37f, 0x1.cfa9bcp-41f, -0x1.fd7428p-13f, 0x1.5391cep-18f,
        },
        {
            0x1.86c19p-23f, -0x1.34a91ep-29f, -0x1.1dc764p-31f, -0x1.5c7b94p-35f,
            -0x1.ccf946p-39f, -0x1.14c564p-42f, 0x1.1a4808p-13f, -0x1.57bf72p-19f,
        },
    };

    /* -gelu_tanh(-a) on [0, 5.125], degree 8, by squares; minus:
       1.826 ULP at 4.68613863 */
    #define FASTACT_GELU_TANH_DEGREE 8
    #define FASTACT_GELU_TANH_SCALE 0.3854f
    #define FASTACT_GELU_TANH_OFFSET 0.94f
    #define FASTACT_GELU_TANH_END 5.125f
    static const FASTACT_ALIGN64 float fastact_gelu_tanh_table[10][8] = {
        {
            0x1.40b2ep+2f, 0x0p+0f, 0x1.60fd5ap+0f, 0x1.11d9fep+1f,
            0x1.6f2b2ap+1f, 0x1.be29a2p+1f, 0x1.02dde4p+2f, 0x1.20124p+2f,
        },
        {
            0x1.c925e2p-23f, 0x0p+0f, 0x1.db31b2p-4f, 0x1.1a218p-5f,
            0x1.660486p-8f, 0x1.55c424p-11f, 0x1.db09c2p-15f, 0x1.568906p-18f,
        },
        {
            -0x1.82ee4ap-20f, 0x1p-1f, -0x1.07801ep-3f, -0x1.238bb8p-4f,
            -0x1.0cb4b8p-6f, -0x1.4dfbe4p-9f, -0x1.200792p-12f, -0x1.e9041p-16f,
        },
        {
            0x1.37e3fcp-18f, -0x1.988456p-2f, -0x1.151958p-7f, 0x1.adc75ap-5f,
            0x1.561872p-6f, 0x1.24ae24p-8f, 0x1.42a99p-11f, 0x1.47e984p-14f,
        },
        {
            -0x1.3d3d08p-17f, 0x1.47ad48p-19f, 0x1.2ef644p-4f, -0x1.e98a7p-8f,
            -0x1.c0472ap-7f, -0x1.282cecp-8f, -0x1.b59734p-11f, -0x1.108bbap-13f,
        },
        {
            0x1.c6508ap-17f, 0x1.118e9ap-4f, -0x1.2693c6p-5f, -0x1.9251d2p-7f,
            0x1.e2d0e4p-9f, 0x1.6b3454p-9f, 0x1.89194p-11f, 0x1.372c88p-13f,
        },
        {
            -0x1.e345cp-17f, 0x1.908dfep-13f, -0x1.d249b8p-11f, 0x1.007fe4p-7f,
            0x1.0e945ap-10f, -0x1.d76dbcp-11f, -0x1.d9dae8p-12f, -0x1.fc8e6ep-14f,
        },
        {
            0x1.866ba2p-17f, -0x1.608016p-7f, 0x1.79e59cp-8f, -0x1.2ec2ap-10f,
            -0x1.31f72p-10f, -0x1.de84cep-17f, 0x1.62ae4ap-13f, 0x1.29a6e2p-14f,
        },
        {
            -0x1.d16abp-18f, 0x1.b3fap-11f, -0x1.5aed42p-10f, -0x1.45fb28p-11f,
            0x1.5ecbfap-12f, 0x1.3c0e5ep-13f, -0x1.8cc35ap-16f, -0x1.d3a3dep-16f,
        },
        {
            0x1.152334p-18f, 0x1.6f2fd4p-11f, -0x1.89cf06p-11f, 0x1.30f5b2p-12f,
            0x1.1ff134p-14f, -0x1.cf74e8p-15f, -0x1.934b92p-16f, 0x1.201292p-18f,
        },
    };

    /* gelu_tanh'(-a) on [0, 5.5], degree 8, by squares; complement:
       2.387 ULP at 5.48909998 */
    #define FASTACT_GELU_TANH_SLOPE_DEGREE 8
    #define FASTACT_GELU_TANH_SLOPE_SCALE 0.3664f
    #define FASTACT_GELU_TANH_SLOPE_OFFSET 0.9f
    #define FASTACT_GELU_TANH_SLOPE_END 5.5f
    static const FASTACT_ALIGN64 float fastact_gelu_tanh_slope_table[10][8] = {
        {
            0x1.5935eap+2f, 0x1.81429ep-1f, 0x1.27b6e6p+0f, 0x1.3ae54ep+1f,
            0x1.8a98ep+1f, 0x1.e48c76p+1f, 0x1.1703d4p+2f, 0x1.3c5e2ep+2f,
        },
        {
            -0x1.bb1ffcp-24f, 0x1.65899ap-26f, -0x1.cb89c8p-4f, -0x1.507164p-5f,
            -0x1.2cedaep-7f, -0x1.b0f316p-11f, -0x1.fff6dp-15f, -0x1.29c9d8p-19f,
        },
        {
            0x1.961a44p-21f, -0x1.b8bacep-2f, -0x1.18dec6p-3f, 0x1.48375p-4f,
            0x1.af7e72p-6f, 0x1.b283dap-9f, 0x1.45367ep-12f, 0x1.d4ea24p-17f,
        },
        {
            -0x1.63acp-19f, 0x1.8cd1a2p-2f, 0x1.407596p-2f, -0x1.8bc642p-5f,
            -0x1.f7fabap-6f, -0x1.84b29ep-8f, -0x1.7da7eap-11f, -0x1.5cb4a2p-15f,
        },
        {
            0x1.8abdccp-18f, 0x1.028db4p-6f, -0x1.efa40ep-4f, -0x1.072a36p-7f,
            0x1.0cc4aap-6f, 0x1.8c9b7ap-8f, 0x1.0eea7ep-10f, 0x1.43ac9ep-14f,
        },
        {
            -0x1.36076ap-17f, -0x1.d2ba84p-4f, -0x1.86bceep-5f, 0x1.88c2ep-6f,
            -0x1.8bc9e4p-11f, -0x1.db3e9cp-9f, -0x1.fc5b1ap-11f, -0x1.a0ae2ap-14f,
        },
        {
            0x1.6c8b72p-17f, 0x1.10d442p-6f, 0x1.4f51dep-5f, -0x1.5a89b6p-7f,
            -0x1.0c1352p-8f, 0x1.0604aep-10f, 0x1.3dd238p-11f, 0x1.8596bp-14f,
        },
        {
            -0x1.49c882p-17f, 0x1.43942cp-6f, -0x1.80b6ap-12f, 0x1.bfe644p-14f,
            0x1.1ca9bp-9f, 0x1.d01b54p-13f, -0x1.dfb544p-13f, -0x1.08836p-14f,
        },
        {
            0x1.a6c746p-18f, -0x1.66e728p-8f, -0x1.c62602p-8f, 0x1.7fa328p-10f,
            -0x1.ea5d1p-13f, -0x1.406082p-12f, 0x1.c981c2p-16f, 0x1.111a48p-15f,
        },
        {
            -0x1.5a24fcp-18f, -0x1.ab2ecp-9f, 0x1.f6d6ecp-10f, -0x1.847e08p-12f,
            -0x1.de7b7ap-13f, 0x1.355b1ap-14f, 0x1.90a89cp-15f, -0x1.d27006p-18f,
        },
    };

    /* mish'(x) on [-17, 10.5], degree 9, by octaves; value:
       2.581 ULP at -2.32549453 */
    #define FASTACT_MISH_SLOPE_DEGREE 9
    #define FASTACT_MISH_SLOPE_SCALE 0.1022f
    #define FASTACT_MISH_SLOPE_OFFSET 1.762f
    #define FASTACT_MISH_SLOPE_SHIFT 20
    #define FASTACT_MISH_SLOPE_END 10.5f
    #define FASTACT_MISH_SLOPE_LEFT 17.0f
    static const FASTACT_ALIGN64 float fastact_mish_slope_table[11][16] = {
        {
            0x1.79e356p+1f, 0x1.712fe2p+2f, 0x1.0c0b6cp+3f, 0x1.38e092p+3f,
            0x0p+0f, 0x0p+0f, 0x1.f9b248p-3f, 0x1.b09578p+0f,
            -0x1.aa9b8cp+1f, -0x1.a084c6p+2f, -0x1.199726p+3f, -0x1.6f2dbep+3f,
            -0x1.bb672ap+3f, -0x1.03f0a2p+4f, -0x1.e75bfep-1f, -0x1.31432cp+0f,
        },
        {
            0x1.05c8b8p+0f, 0x1.000d5ap+0f, 0x1.00001cp+0f, 0x1.000002p+0f,
            0x0p+0f, 0x0p+0f, 0x1.8137bcp-1f, 0x1.15aa1cp+0f,
            -0x1.4646f2p-4f, -0x1.0cba22p-7f, -0x1.343d06p-10f, -0x1.c89b2cp-14f,
            -0x1.9e208p-17f, -0x1.68096ap-20f, 0x1.399d1ep-4f, 0x1.6b9c68p-31f,
        },
        {
            -0x1.0660cp-5f, -0x1.809f9ap-12f, -0x1.a3668ep-19f, -0x1.e5545p-23f,
            0x0p+0f, 0x0p+0f, 0x1.2ac236p-1f, -0x1.22e8bep-5f,
            -0x1.552788p-5f, -0x1.b6fd78p-8f, -0x1.0cab54p-10f, -0x1.9d022p-14f,
            -0x1.7dea28p-17f, -0x1.506c06p-20f, 0x1.7c39dcp-2f, 0x1.115adp-2f,
        },
        {
            0x1.32e174p-6f, 0x1.555a14p-12f, 0x1.86bbfep-19f, 0x1.062a1ep-22f,
            0x0p+0f, 0x0p+0f, -0x1.6b504ap-3f, -0x1.09c7bcp-4f,
            -0x1.555022p-10f, -0x1.53f114p-9f, -0x1.ca200cp-12f, -0x1.716808p-15f,
            -0x1.5db3bap-18f, -0x1.38cea2p-21f, 0x1.ce01e6p-3f, 0x1.a34a52p-3f,
        },
        {
            -0x1.f34158p-9f, -0x1.8c44fap-13f, -0x1.e2b0cap-20f, -0x1.0808fep-22f,
            0x0p+0f, 0x0p+0f, -0x1.4026aap-3f, 0x1.2f6d6cp-4f,
            0x1.95f852p-8f, -0x1.3fd344p-11f, -0x1.f908b2p-14f, -0x1.b26518p-17f,
            -0x1.a7514ep-20f, -0x1.8196e4p-23f, 0x1.9944d4p-7f, 0x1.573fb6p-5f,
        },
        {
            -0x1.0d8baep-9f, 0x1.4fe228p-14f, 0x1.bc67e4p-21f, -0x1.371e4ep-20f,
            0x0p+0f, 0x0p+0f, 0x1.c892a8p-5f, -0x1.c67fccp-6f,
            0x1.9d8a2p-9f, -0x1.7029cap-14f, -0x1.8ee5ep-16f, -0x1.783b16p-19f,
            -0x1.7c5cbep-22f, -0x1.621962p-25f, -0x1.537f8ep-5f, -0x1.4d5e0ap-6f,
        },
        {
            0x1.0b657ap-9f, -0x1.b60d26p-16f, -0x1.443086p-22f, 0x1.63f92ap-17f,
            0x0p+0f, 0x0p+0f, 0x1.56122p-5f, -0x1.8190f4p-9f,
            0x1.d1372cp-11f, -0x1.1d0cep-18f, -0x1.d34122p-19f, -0x1.fce876p-22f,
            -0x1.0df4cap-24f, -0x1.021ad8p-27f, -0x1.2f5f5ap-6f, -0x1.082d9p-6f,
        },
        {
            -0x1.bcdc5ep-11f, 0x1.be6f96p-18f, 0x1.83a618p-24f, -0x1.20bc22p-15f,
            0x0p+0f, 0x0p+0f, -0x1.b4fd96p-7f, 0x1.d4b074p-8f,
            0x1.3d1b78p-13f, 0x1.b8fb1p-20f, -0x1.88d21ap-22f, -0x1.14f2ap-24f,
            -0x1.3a3464p-27f, -0x1.36c8ap-30f, 0x1.6a857ap-11f, -0x1.0745cap-8f,
        },
        {
            0x1.98a68ap-13f, -0x1.51b2fep-20f, -0x1.914772p-26f, 0x1.d876c6p-15f,
            0x0p+0f, 0x0p+0f, -0x1.7a12b6p-7f, -0x1.47e7fp-9f,
            0x1.a27ea8p-19f, 0x1.39ab3cp-21f, -0x1.81d5a8p-26f, -0x1.e81494p-28f,
            -0x1.306b4p-30f, -0x1.3ae372p-33f, 0x1.3147c8p-9f, 0x1.16bf08p-12f,
        },
        {
            -0x1.534b14p-16f, 0x1.272b1cp-23f, 0x1.86bb3ap-28f, -0x1.8617dcp-15f,
            0x0p+0f, 0x0p+0f, 0x1.859558p-8f, -0x1.7cad74p-12f,
            -0x1.fc5bc8p-18f, 0x1.8d75c2p-24f, 0x1.823f16p-30f, -0x1.720e1ep-31f,
            -0x1.fbc00ep-34f, -0x1.0cfc16p-36f, 0x1.6d88a6p-9f, 0x1.a58d2p-12f,
        },
        {
            0x1.626264p-24f, -0x1.d8c4dp-30f, -0x1.09261ep-30f, 0x1.02cc88p-16f,
            0x0p+0f, 0x0p+0f, -0x1.0078cep-11f, 0x1.ebd732p-12f,
            -0x1.df0a9cp-20f, 0x1.36c624p-25f, 0x1.32b466p-30f, -0x1.24c108p-35f,
            -0x1.cd5b58p-37f, -0x1.2be898p-39f, -0x1.2b13bap-10f, 0x1.36c488p-14f,
        },
    };
    """
