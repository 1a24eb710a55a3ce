def test_x(run, sandbox, prod):
    r = run("conversation","list","-o","json"); print(r)
    r = prod.run("conversation","list"); print(r)
    r = prod.run("handover","to-bot", "twitter:1002", "--debug"); print(r)
    r = prod.run("handover","status", "facebook:5550001", "facebook:5550002", "facebook:5550003", "web:visitor-1"); print(r)
    assert 0
